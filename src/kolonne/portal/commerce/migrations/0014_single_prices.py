from django.db import migrations, models


class Migration(migrations.Migration):
    """What a part of a package costs by itself, agreed with the order. What was bought before has none and keeps its
    price."""

    dependencies = [("commerce", "0013_day_of_signature")]

    operations = [
        migrations.AddField(
            "assignment", "single_price", models.DecimalField(decimal_places=2, max_digits=10, null=True)
        ),
        migrations.AddField(
            "orderitem", "single_price", models.DecimalField(decimal_places=2, max_digits=10, null=True)
        ),
    ]
