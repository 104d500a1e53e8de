from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0005_first_generations"),
    ]

    operations = [
        migrations.AddField(
            model_name="verificationcase",
            name="evidence",
            field=models.CharField(blank=True, db_default="", max_length=300),
        ),
        migrations.AddField(
            model_name="verificationcase",
            name="opened_data",
            field=models.CharField(blank=True, db_default="", max_length=64),
        ),
        migrations.AddField(
            model_name="verificationcase",
            name="proposal",
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddField(
            model_name="verificationcase",
            name="renew_by",
            field=models.DateTimeField(null=True),
        ),
    ]
