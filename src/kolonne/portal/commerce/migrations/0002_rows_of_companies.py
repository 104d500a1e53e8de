from django.db import migrations

from kolonne.portal.lib.rls import company_rows, grant, same_company


class Migration(migrations.Migration):
    dependencies = [("commerce", "0001_initial"), ("vehicles", "0002_rows_of_companies")]

    operations = [
        company_rows("commerce_contract"),
        company_rows("commerce_assignment"),
        company_rows("commerce_profile"),
        same_company("commerce_assignment", "vehicle_id", "vehicles_vehicle"),
        same_company("commerce_assignment", "contract_id", "commerce_contract"),
        same_company("commerce_profile", "vehicle_id", "vehicles_vehicle"),
        grant("SELECT", "commerce_profile", "kolonne_signer"),
    ]
