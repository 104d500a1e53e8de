from django.db import migrations

from kolonne.portal.lib.rls import company_rows

PERSON = "(SELECT nullif(current_setting('kolonne.user', true), '')::int)"


class Migration(migrations.Migration):
    dependencies = [("support", "0001_initial")]

    operations = [company_rows("support_actingsession", also=f"user_id = {PERSON} OR agent_id = {PERSON}")]
