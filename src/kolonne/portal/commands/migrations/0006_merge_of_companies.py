"""Two companies may have used one idempotency key; when they become one (CO-10), that of the one that goes is dropped.

It guards against a request that is sent twice, by a key of the API that has ended by then.
"""

from django.db import migrations

DROP_KEYS = """
CREATE FUNCTION commands_drop_keys(gone int, stays int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    number bigint;
BEGIN
    PERFORM public.companies_require_merge(gone, stays);
    UPDATE public.commands_command SET idempotency_key = NULL WHERE company_id = gone AND idempotency_key IN (
        SELECT other.idempotency_key FROM public.commands_command other WHERE other.company_id = stays
    );
    GET DIAGNOSTICS number = ROW_COUNT;
    RETURN number;
END $$;
REVOKE ALL ON FUNCTION commands_drop_keys(int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION commands_drop_keys(int, int) TO kolonne_app;
"""


class Migration(migrations.Migration):
    dependencies = [("commands", "0005_erasure_of_people"), ("companies", "0012_rows_of_merges")]

    operations = [migrations.RunSQL(DROP_KEYS, "DROP FUNCTION commands_drop_keys(int, int)")]
