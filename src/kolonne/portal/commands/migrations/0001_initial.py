import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("companies", "0002_rows_of_companies"),
        ("identity", "0001_initial"),
        ("vehicles", "0002_rows_of_companies"),
    ]

    operations = [
        migrations.CreateModel(
            name="ModuleCounter",
            fields=[
                ("module_id", models.IntegerField(primary_key=True, serialize=False)),
                ("counter", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="OpeningFreeze",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField()),
                ("openings", models.IntegerField()),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lifted_by", models.CharField(blank=True, max_length=80)),
            ],
        ),
        migrations.CreateModel(
            name="UnlockPin",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("hash", models.CharField(max_length=200)),
                ("failures", models.SmallIntegerField(default=0)),
                ("locked", models.BooleanField(default=False)),
                ("set_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Command",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=40)),
                ("args", models.JSONField(default=dict)),
                ("user_id", models.IntegerField(null=True)),
                ("requested_by", models.CharField(max_length=200)),
                ("via", models.CharField(choices=[("page", "Portal"), ("api", "API")], max_length=4)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("idempotency_key", models.CharField(max_length=100, null=True)),
                ("pin_user_id", models.IntegerField(null=True)),
                ("pin_sealed", models.BinaryField(null=True)),
                ("state", models.CharField(default="queued", max_length=10)),
                ("reason", models.CharField(blank=True, max_length=40)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("module_id", models.IntegerField(null=True)),
                ("epoch", models.CharField(blank=True, max_length=32)),
                ("boot", models.CharField(blank=True, max_length=32)),
                ("counter", models.BigIntegerField(null=True)),
                ("signed", models.BinaryField(null=True)),
                ("reply_state", models.JSONField(null=True)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="companies.company"
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="commands", to="vehicles.vehicle"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CommandStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(max_length=10)),
                ("at", models.DateTimeField()),
                ("reason", models.CharField(blank=True, max_length=40)),
                (
                    "command",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="commands.command"
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="companies.company"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(fields=["vehicle", "-created_at"], name="commands_of_vehicle"),
        ),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "sent", "accepted"])),
                fields=["expires_at"],
                name="commands_unfinished",
            ),
        ),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(
                condition=models.Q(("pin_user_id__isnull", False), ("sent_at__isnull", False)),
                fields=["sent_at"],
                name="commands_openings",
            ),
        ),
        migrations.AddConstraint(
            model_name="command",
            constraint=models.UniqueConstraint(fields=("id", "company"), name="commands_command_of_company"),
        ),
        migrations.AddConstraint(
            model_name="command",
            constraint=models.UniqueConstraint(fields=("company", "idempotency_key"), name="commands_command_once"),
        ),
        migrations.AddConstraint(
            model_name="command",
            constraint=models.UniqueConstraint(fields=("module_id", "counter"), name="commands_command_counter"),
        ),
        migrations.AddConstraint(
            model_name="command",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["queued", "sent", "accepted", "done", "failed", "expired"])),
                name="commands_command_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="command",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("counter", None), ("module_id", None), ("sent_at", None), ("signed", None)),
                    models.Q(
                        ("counter__isnull", False),
                        ("module_id__isnull", False),
                        ("sent_at__isnull", False),
                        ("signed__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="commands_command_signed_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="command",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["sent", "accepted", "done"]), _negated=True),
                    models.Q(
                        ("counter__isnull", False),
                        ("module_id__isnull", False),
                        ("sent_at__isnull", False),
                        ("signed__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="commands_command_signed",
            ),
        ),
        migrations.AddConstraint(
            model_name="command",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "queued"), ("pin_sealed", None), _connector="OR"),
                name="commands_command_pin_erased",
            ),
        ),
        migrations.AddConstraint(
            model_name="commandstep",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["queued", "sent", "accepted", "done", "failed", "expired"])),
                name="commands_step_state",
            ),
        ),
    ]
