from django.db import migrations

from kolonne.portal.lib.rls import company_rows


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0004_refused_vins")]

    operations = [company_rows("vehicles_refusedvin")]
