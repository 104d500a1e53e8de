"""Who reads which side of a change of hands, and how it goes when a company is erased."""

from django.db import migrations

from kolonne.portal.lib.rls import company_rows, same_company

DEALER = "(SELECT nullif(current_setting('kolonne.dealer', true), '')::int)"
VIN = "(SELECT nullif(current_setting('kolonne.vin', true), ''))"
HANDOVER = "(SELECT decode(nullif(current_setting('kolonne.handover', true), ''), 'hex'))"

ERASE = """
CREATE OR REPLACE FUNCTION vehicles_erase_company(company int, batch int, OUT vans bigint, OUT modules bigint)
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
    DELETE FROM public.vehicles_ownershiprequest WHERE vehicle_id = ANY (gone);
    DELETE FROM public.vehicles_handover WHERE vehicle_id = ANY (gone);
    DELETE FROM public.vehicles_vehicle WHERE id = ANY (gone);
    vans := cardinality(gone);
    IF vans = 0 THEN
        DELETE FROM public.vehicles_refusedvin WHERE company_id = company;
        DELETE FROM public.vehicles_claim WHERE company_id = company;
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0009_changes_of_hands")]

    operations = [
        company_rows("vehicles_claim", also=f"dealer_id = {DEALER} OR vin = {VIN}"),
        company_rows("vehicles_ownershiprequest"),
        company_rows("vehicles_handover", also=f"code_sha256 = {HANDOVER}"),
        same_company("vehicles_ownershiprequest", "vehicle_id", "vehicles_vehicle"),
        same_company("vehicles_handover", "vehicle_id", "vehicles_vehicle"),
        migrations.RunSQL(ERASE, migrations.RunSQL.noop),
    ]
