from django.db import migrations

PERSON = "(SELECT nullif(current_setting('kolonne.user', true), '')::int)"


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_company_account")]

    operations = [
        migrations.RunSQL(
            f"CREATE POLICY acted_for_read ON audit_entry FOR SELECT USING (acting_for_id = {PERSON});",
            "DROP POLICY acted_for_read ON audit_entry;",
        )
    ]
