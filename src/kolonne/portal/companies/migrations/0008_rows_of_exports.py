from django.db import migrations

from kolonne.portal.lib.rls import company_rows


class Migration(migrations.Migration):
    dependencies = [("companies", "0007_exports_and_counts")]

    operations = [company_rows("companies_companyexport")]
