from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0003_company_account")]

    operations = [migrations.AddField("user", "deletion_told_at", models.DateTimeField(null=True))]
