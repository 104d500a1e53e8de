from django.db import migrations

PERSON = "(SELECT nullif(current_setting('kolonne.user', true), '')::int)"
VISIBLE = "(SELECT nullif(current_setting('kolonne.companies', true), ''))::int[]"


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(
            f"""
            REVOKE UPDATE, DELETE, TRUNCATE ON audit_entry FROM kolonne_app;
            REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM kolonne_app;
            ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
            ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;
            CREATE POLICY company_read ON audit_entry FOR SELECT USING (
                company_id = ANY ({VISIBLE})
                OR (company_id IS NULL AND current_setting('kolonne.platform', true) = 'on')
                OR user_id = {PERSON}
                OR target = (SELECT 'identity.user:' || nullif(current_setting('kolonne.user', true), '')));
            CREATE POLICY company_insert ON audit_entry FOR INSERT WITH CHECK (
                company_id IS NULL OR company_id = ANY ({VISIBLE}));
            """,
            """
            DROP POLICY company_read ON audit_entry;
            DROP POLICY company_insert ON audit_entry;
            ALTER TABLE audit_entry NO FORCE ROW LEVEL SECURITY;
            ALTER TABLE audit_entry DISABLE ROW LEVEL SECURITY;
            """,
        ),
    ]
