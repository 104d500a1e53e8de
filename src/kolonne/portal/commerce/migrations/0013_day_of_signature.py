import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    """Contracts are signed when their order is completed; the table stays as it is."""

    dependencies = [("commerce", "0012_invoices")]

    operations = [
        migrations.AlterField("contract", "signed_at", models.DateTimeField(default=django.utils.timezone.now)),
    ]
