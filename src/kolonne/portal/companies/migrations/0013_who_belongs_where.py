"""Who belongs where, in whichever companies: to learn in whose hands a person is, no company is opened."""

from django.db import migrations

READ = """
CREATE POLICY everywhere_read ON companies_membership FOR SELECT
    USING ((SELECT current_setting('kolonne.memberships', true)) = 'on')
"""


class Migration(migrations.Migration):
    dependencies = [("companies", "0012_rows_of_merges")]

    operations = [migrations.RunSQL(READ, "DROP POLICY everywhere_read ON companies_membership")]
