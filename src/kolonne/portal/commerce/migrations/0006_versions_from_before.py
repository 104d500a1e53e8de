from django.db import migrations


class Migration(migrations.Migration):
    """Contracts from before their generations were kept get the one that runs."""

    dependencies = [("commerce", "0005_terms_of_orders")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE companies_company NO FORCE ROW LEVEL SECURITY;
            ALTER TABLE commerce_contract NO FORCE ROW LEVEL SECURITY;
            ALTER TABLE commerce_contractversion NO FORCE ROW LEVEL SECURITY;
            INSERT INTO commerce_contractversion (company_id, contract_id, generation, party, since)
            SELECT c.company_id, c.id, c.generation, jsonb_build_object(
                'name', p.name, 'legal_form', p.legal_form, 'register_number', p.register_number,
                'vat_number', p.vat_number, 'street', p.street, 'postal_code', p.postal_code, 'city', p.city,
                'generation', p.generation), c.signed_at
            FROM commerce_contract c JOIN companies_company p ON p.company_id = c.company_id;
            SET CONSTRAINTS ALL IMMEDIATE;
            ALTER TABLE companies_company FORCE ROW LEVEL SECURITY;
            ALTER TABLE commerce_contract FORCE ROW LEVEL SECURITY;
            ALTER TABLE commerce_contractversion FORCE ROW LEVEL SECURITY;
            """,
            migrations.RunSQL.noop,
        )
    ]
