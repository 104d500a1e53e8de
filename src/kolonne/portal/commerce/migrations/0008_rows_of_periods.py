from django.db import migrations

from kolonne.portal.lib.rls import company_rows, grant, same_company

FILL = """
ALTER TABLE commerce_profile NO FORCE ROW LEVEL SECURITY;
ALTER TABLE vehicles_module NO FORCE ROW LEVEL SECURITY;
INSERT INTO commerce_serviceperiod (company_id, vehicle_id, version, since, signals)
SELECT company_id, vehicle_id, version, '2000-01-01', ARRAY(SELECT jsonb_object_keys(signals)) FROM commerce_profile;
INSERT INTO commerce_moduleprofile (module_id, company_id, version, signals)
SELECT m.id, m.company_id, p.version, p.signals
FROM vehicles_module m JOIN commerce_profile p ON p.vehicle_id = m.vehicle_id WHERE m.status = 'active';
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE commerce_profile FORCE ROW LEVEL SECURITY;
ALTER TABLE vehicles_module FORCE ROW LEVEL SECURITY;
"""
"""Vans from before: what they may send now counts as always allowed, because nobody wrote down since when."""


class Migration(migrations.Migration):
    dependencies = [("commerce", "0007_lives_of_contracts")]

    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        company_rows("commerce_serviceperiod"),
        company_rows("commerce_moduleprofile"),
        same_company("commerce_serviceperiod", "vehicle_id", "vehicles_vehicle"),
        same_company("commerce_moduleprofile", "module_id", "vehicles_module"),
        grant("SELECT", "commerce_serviceperiod", "kolonne_ingest"),
        grant("SELECT", "commerce_moduleprofile", "kolonne_ingest"),
        grant("SELECT", "commerce_moduleprofile", "kolonne_registry"),
    ]
