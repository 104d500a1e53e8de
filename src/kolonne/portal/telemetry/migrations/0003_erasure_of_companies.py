"""Erases what a company's vans said, once its contracts have ended; at most about `batch` rows with each call.

A van's state stays until its last sample is gone: so each call finds at once where the one before stopped.
"""

from django.db import migrations

ERASE = """
CREATE FUNCTION telemetry.erase_company(company int, batch int, OUT samples bigint, OUT others bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    van int;
    past timestamptz;
    number bigint;
BEGIN
    PERFORM public.companies_require_ended(company);
    samples := 0;
    others := 0;
    FOR van IN SELECT vehicle_id FROM telemetry.state WHERE company_id = company ORDER BY vehicle_id LOOP
        LOOP
            SELECT max(ts) INTO past FROM (
                SELECT ts FROM telemetry.sample WHERE vehicle_id = van AND company_id = company
                ORDER BY ts LIMIT greatest(batch - samples, 1)
            ) oldest;
            EXIT WHEN past IS NULL;
            DELETE FROM telemetry.sample WHERE vehicle_id = van AND company_id = company AND ts <= past;
            GET DIAGNOSTICS number = ROW_COUNT;
            samples := samples + number;
            IF samples >= batch THEN
                RETURN;
            END IF;
        END LOOP;
        DELETE FROM telemetry.state WHERE vehicle_id = van;
        others := others + 1;
    END LOOP;
    IF samples + others > 0 THEN
        RETURN;
    END IF;
    DELETE FROM telemetry.sample WHERE company_id = company
    AND vehicle_id IN (SELECT id FROM public.vehicles_vehicle WHERE company_id = company);
    GET DIAGNOSTICS samples = ROW_COUNT;
    DELETE FROM telemetry.transition WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM telemetry.transition WHERE company_id = company LIMIT batch));
    GET DIAGNOSTICS others = ROW_COUNT;
    DELETE FROM telemetry.dead_letter WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM telemetry.dead_letter WHERE company_id = company LIMIT batch));
    GET DIAGNOSTICS number = ROW_COUNT;
    others := others + number;
    DELETE FROM telemetry.refusal WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM telemetry.refusal WHERE company_id = company LIMIT batch));
    GET DIAGNOSTICS number = ROW_COUNT;
    others := others + number;
    DELETE FROM telemetry.cursor WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM telemetry.cursor WHERE company_id = company LIMIT batch));
    GET DIAGNOSTICS number = ROW_COUNT;
    others := others + number;
END $$;
REVOKE ALL ON FUNCTION telemetry.erase_company(int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION telemetry.erase_company(int, int) TO kolonne_app;
"""


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0002_partitions"), ("companies", "0009_erasure_after_the_end")]

    operations = [migrations.RunSQL(ERASE, "DROP FUNCTION telemetry.erase_company(int, int)")]
