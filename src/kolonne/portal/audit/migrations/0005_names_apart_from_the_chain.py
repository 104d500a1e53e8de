from typing import Any

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models


def refuse_older_chains(apps: Any, schema_editor: Any) -> None:
    """A chain is never written anew, not even by us; nothing was released with the older form."""
    with schema_editor.connection.cursor() as cursor:
        # The owner of the table is behind its row-level security too.
        cursor.execute("ALTER TABLE audit_entry NO FORCE ROW LEVEL SECURITY")
        cursor.execute("SELECT EXISTS (SELECT 1 FROM audit_entry)")
        if cursor.fetchone()[0]:
            raise RuntimeError("the audit was written by an unreleased version, whose chain cannot be taken along")
        cursor.execute("ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY")


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_in_whose_name")]

    operations = [
        migrations.RunPython(refuse_older_chains, migrations.RunPython.noop),
        migrations.AddField(
            "entry", "people", django.contrib.postgres.fields.ArrayField(models.IntegerField(), default=list)
        ),
        migrations.AddField("entry", "salt", models.BinaryField(max_length=32, default=b""), preserve_default=False),
        migrations.AddField("entry", "names_removed_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "entry", "content_digest", models.BinaryField(max_length=32, default=b""), preserve_default=False
        ),
        migrations.AddIndex(
            "entry", django.contrib.postgres.indexes.GinIndex(fields=["people"], name="audit_entry_people")
        ),
    ]
