from django.db import migrations

# Migrations see rows by the same policies as everybody: all companies are opened, and closed again afterwards.
OPEN = (
    "SELECT set_config('kolonne.companies', '{' || coalesce(string_agg(id::text, ','), '') || '}', true) "
    "FROM companies_tenant;"
)
FIRST = """
    INSERT INTO companies_companyversion (company_id, generation, name, legal_form, register_number, vat_number,
        street, postal_code, city, since, changed_by)
    SELECT company_id, generation, name, legal_form, register_number, vat_number, street, postal_code, city,
        created_at, 'kolonne'
    FROM companies_company
    ON CONFLICT DO NOTHING;
"""
CLOSE = "SELECT set_config('kolonne.companies', '', true);"


class Migration(migrations.Migration):
    """Companies that were there before their data had generations begin with the one they have."""

    dependencies = [("companies", "0004_rows_of_the_account")]

    operations = [migrations.RunSQL(OPEN + FIRST + CLOSE, migrations.RunSQL.noop)]
