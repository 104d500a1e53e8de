from django.db import migrations

from kolonne.portal.lib.rls import grant


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0014_providers_of_modules")]

    operations = [grant("UPDATE (provider, country)", "vehicles_module", "kolonne_app")]
