from django.db import migrations


def create(apps, schema_editor):
    market = apps.get_model("identity", "Market")
    for code in ("de", "no"):
        market.objects.get_or_create(code=code)


class Migration(migrations.Migration):
    dependencies = [("identity", "0001_initial")]

    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
