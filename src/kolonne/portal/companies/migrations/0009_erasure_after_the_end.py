"""Where the application may not delete, it may erase a company's rows whose contracts have ended, and no others.

The functions of the contexts above run with the owner's rights, and ask this one first. Row-level security is forced
upon the owner too: they reach the rows of the companies in scope only.
"""

from django.db import migrations

REQUIRE_ENDED = """
CREATE FUNCTION companies_require_ended(company int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM public.companies_leaving l JOIN public.companies_tenant t ON t.id = l.company_id
        WHERE l.company_id = company AND l.contracts_ended_at IS NOT NULL AND t.leaving_since IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'company % is not being erased', company USING ERRCODE = 'check_violation';
    END IF;
END $$;
REVOKE ALL ON FUNCTION companies_require_ended(int) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("companies", "0008_rows_of_exports")]

    operations = [migrations.RunSQL(REQUIRE_ENDED, "DROP FUNCTION companies_require_ended(int)")]
