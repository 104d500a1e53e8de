import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from kolonne.portal.lib.rls import company_rows, same_company


class Migration(migrations.Migration):
    dependencies = [
        ("commerce", "0010_products_of_companies"),
        ("companies", "0012_rows_of_merges"),
    ]

    operations = [
        migrations.CreateModel(
            name="TermsText",
            fields=[
                ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("market", models.CharField(max_length=3)),
                ("code", models.CharField(max_length=40)),
                ("language", models.CharField(max_length=2)),
                ("version", models.CharField(max_length=10)),
                ("title", models.CharField(max_length=200)),
                ("valid_from", models.DateField()),
                ("text", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="TermsNotice",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("market", models.CharField(max_length=3)),
                ("code", models.CharField(max_length=40)),
                ("version", models.CharField(max_length=10)),
                ("told_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="companies.company"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["company", "code", "version"], name="commerce_terms_notices")],
            },
        ),
        migrations.CreateModel(
            name="TermsAcceptance",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("accepted_by", models.CharField(max_length=200)),
                ("accepted_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="companies.company"
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="commerce.order"
                    ),
                ),
                (
                    "text",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="commerce.termstext"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["company", "accepted_at"], name="commerce_acceptances")],
            },
        ),
        company_rows("commerce_termsacceptance"),
        company_rows("commerce_termsnotice"),
        same_company("commerce_termsacceptance", "order_id", "commerce_order"),
        # What was accepted is proof: the texts stay as they are, and of an acceptance only the name can be erased, and
        # the company become another by a merge.
        migrations.RunSQL(
            "REVOKE UPDATE, DELETE ON commerce_termstext FROM kolonne_app;"
            "REVOKE UPDATE ON commerce_termsacceptance FROM kolonne_app;"
            "GRANT UPDATE (company_id, accepted_by) ON commerce_termsacceptance TO kolonne_app;",
            "GRANT UPDATE, DELETE ON commerce_termstext TO kolonne_app;"
            "GRANT UPDATE ON commerce_termsacceptance TO kolonne_app;",
        ),
    ]
