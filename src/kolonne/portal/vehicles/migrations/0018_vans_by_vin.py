"""Whoever takes a step between two companies finds the van by its VIN, and need not open all companies for that."""

from django.db import migrations

from kolonne.portal.lib.rls import VISIBLE_COMPANIES

DEALER = "(SELECT nullif(current_setting('kolonne.dealer', true), '')::int)"
VIN = "(SELECT nullif(current_setting('kolonne.vin', true), ''))"
# The outer cast makes it a value, as in lib/rls.py.
VINS = "(SELECT string_to_array(current_setting('kolonne.vin', true), ','))::text[]"

CLAIMS = f"""
ALTER POLICY company_read ON vehicles_claim
    USING (company_id = ANY ({VISIBLE_COMPANIES}) OR dealer_id = {DEALER} OR vin %s)
"""
# Only the van of now: earlier owners are nobody's business.
VANS = f"CREATE POLICY vin_read ON vehicles_vehicle FOR SELECT USING (removed_at IS NULL AND vin = ANY ({VINS}))"


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0017_makers_of_codes")]

    operations = [
        migrations.RunSQL(CLAIMS % f"= ANY ({VINS})", CLAIMS % f"= {VIN}"),
        migrations.RunSQL(VANS, "DROP POLICY vin_read ON vehicles_vehicle"),
    ]
