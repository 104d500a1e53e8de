from django.db import migrations

from kolonne.portal.lib.rls import company_rows, grant, same_company


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0001_initial"), ("companies", "0002_rows_of_companies")]

    operations = [
        company_rows("vehicles_vehicle"),
        company_rows("vehicles_module"),
        company_rows("vehicles_modulesession"),
        same_company("vehicles_module", "vehicle_id", "vehicles_vehicle"),
        same_company("vehicles_modulesession", "module_id", "vehicles_module"),
        # A module's secret and key are what it is; the application may only enrol and revoke one.
        migrations.RunSQL(
            """
            REVOKE UPDATE, DELETE ON vehicles_module FROM kolonne_app;
            GRANT UPDATE (status, revoked_at) ON vehicles_module TO kolonne_app;
            REVOKE INSERT, UPDATE, DELETE ON vehicles_modulesession FROM kolonne_app;
            """,
            migrations.RunSQL.noop,
        ),
        grant("SELECT (id, serial, public_key, status, vehicle_id, company_id)", "vehicles_module", "kolonne_signer"),
        grant("SELECT", "vehicles_modulesession", "kolonne_signer"),
    ]
