from django.db import migrations

from kolonne.portal.lib.rls import company_rows

DEALER = "(SELECT nullif(current_setting('kolonne.dealer', true), '')::int)"
INVITATION_FACTS = "(sent_at, expires_at, token_sha256, accepted_at, accepted_by_id, revoked_at, invited_by_id)"


class Migration(migrations.Migration):
    dependencies = [("companies", "0003_company_account")]

    operations = [
        migrations.RunSQL(
            f"CREATE POLICY dealer_read ON companies_company FOR SELECT USING (partner_id = {DEALER});",
            "DROP POLICY dealer_read ON companies_company;",
        ),
        company_rows("companies_companyversion"),
        company_rows("companies_site"),
        company_rows(
            "companies_invitation",
            also="token_sha256 = (SELECT decode(nullif(current_setting('kolonne.invitation', true), ''), 'hex'))",
        ),
        # Whom an invitation is for, to which company and with which roles, nobody changes after it was written.
        migrations.RunSQL(
            "REVOKE UPDATE ON companies_invitation FROM kolonne_app;"
            f"GRANT UPDATE {INVITATION_FACTS} ON companies_invitation TO kolonne_app;",
            "GRANT UPDATE ON companies_invitation TO kolonne_app;",
        ),
        company_rows(
            "companies_verificationcase",
            also=f"dealer_id = {DEALER} OR code = (SELECT nullif(current_setting('kolonne.case', true), ''))",
        ),
        company_rows("companies_recovery", also=f"dealer_id = {DEALER}"),
        company_rows("companies_leaving"),
    ]
