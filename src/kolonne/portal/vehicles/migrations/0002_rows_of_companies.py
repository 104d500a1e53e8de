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
        grant("SELECT (id, serial, public_key, status, vehicle_id, company_id)", "vehicles_module", "kolonne_signer"),
        grant("SELECT", "vehicles_modulesession", "kolonne_signer"),
    ]
