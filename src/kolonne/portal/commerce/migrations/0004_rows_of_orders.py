from django.db import migrations

from kolonne.portal.lib.rls import company_rows, same_company


class Migration(migrations.Migration):
    dependencies = [("commerce", "0003_company_account")]

    operations = [
        company_rows("commerce_order"),
        company_rows("commerce_orderitem"),
        company_rows("commerce_contractversion"),
        same_company("commerce_order", "contract_id", "commerce_contract"),
        same_company("commerce_orderitem", "order_id", "commerce_order"),
        same_company("commerce_orderitem", "vehicle_id", "vehicles_vehicle"),
        same_company("commerce_contractversion", "contract_id", "commerce_contract"),
    ]
