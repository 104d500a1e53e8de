"""Nobody deletes modules, until the company itself is erased. VINs and serials are free again then."""

from django.db import migrations

ERASE = """
CREATE FUNCTION vehicles_erase_company(company int, batch int, OUT vans bigint, OUT modules bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    gone int[];
BEGIN
    PERFORM public.companies_require_ended(company);
    gone := ARRAY(SELECT id FROM public.vehicles_vehicle WHERE company_id = company LIMIT batch);
    DELETE FROM public.vehicles_modulesession s USING public.vehicles_module m
    WHERE s.module_id = m.id AND m.vehicle_id = ANY (gone);
    DELETE FROM public.vehicles_module WHERE vehicle_id = ANY (gone);
    GET DIAGNOSTICS modules = ROW_COUNT;
    DELETE FROM public.vehicles_vehicle WHERE id = ANY (gone);
    vans := cardinality(gone);
    IF vans = 0 THEN
        DELETE FROM public.vehicles_refusedvin WHERE company_id = company;
    END IF;
END $$;
REVOKE ALL ON FUNCTION vehicles_erase_company(int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vehicles_erase_company(int, int) TO kolonne_app;
"""


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0006_vans_from_before"), ("companies", "0009_erasure_after_the_end")]

    operations = [migrations.RunSQL(ERASE, "DROP FUNCTION vehicles_erase_company(int, int)")]
