from django.db import migrations, models


class Migration(migrations.Migration):
    """Which products a company has, and ever had, is asked with each look at readings (VH-05)."""

    dependencies = [("commerce", "0009_agreed_notice")]

    operations = [
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(fields=["company", "product", "ended_at"], name="commerce_assignment_products"),
        ),
        migrations.AddIndex(
            model_name="serviceperiod",
            index=models.Index(
                condition=models.Q(("until", None), _negated=True), fields=["until"], name="commerce_period_by_end"
            ),
        ),
    ]
