from django.db import migrations

from kolonne.portal.lib.rls import company_rows, same_company


class Migration(migrations.Migration):
    dependencies = [("companies", "0001_initial")]

    operations = [
        company_rows("companies_company"),
        company_rows(
            "companies_membership",
            also="user_id = (SELECT nullif(current_setting('kolonne.user', true), '')::int)",
        ),
        company_rows(
            "companies_apikey",
            also="sha256 = (SELECT decode(nullif(current_setting('kolonne.api_key', true), ''), 'hex'))",
        ),
        company_rows("companies_applicationgrant"),
        same_company("companies_applicationgrant", "membership_id", "companies_membership"),
        company_rows("companies_accessrequest"),
        same_company("companies_accessrequest", "membership_id", "companies_membership"),
    ]
