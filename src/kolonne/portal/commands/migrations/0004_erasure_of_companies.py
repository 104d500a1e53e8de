"""Nobody deletes commands, until the company itself is erased."""

from django.db import migrations

ERASE = """
CREATE FUNCTION commands_erase_company(company int, batch int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    gone uuid[];
BEGIN
    PERFORM public.companies_require_ended(company);
    gone := ARRAY(SELECT id FROM public.commands_command WHERE company_id = company LIMIT batch);
    DELETE FROM public.commands_commandstep WHERE command_id = ANY (gone);
    DELETE FROM public.commands_command WHERE id = ANY (gone);
    IF cardinality(gone) = 0 THEN
        DELETE FROM public.commands_modulecounter c USING public.vehicles_module m
        WHERE c.module_id = m.id AND m.company_id = company;
    END IF;
    RETURN cardinality(gone);
END $$;
REVOKE ALL ON FUNCTION commands_erase_company(int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION commands_erase_company(int, int) TO kolonne_app;
"""


class Migration(migrations.Migration):
    dependencies = [("commands", "0003_whose_steps"), ("companies", "0009_erasure_after_the_end")]

    operations = [migrations.RunSQL(ERASE, "DROP FUNCTION commands_erase_company(int, int)")]
