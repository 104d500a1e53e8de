"""Rows move from one company to another only while a confirmed merge says so (docs/adr, CO-10).

The functions belong to the owner, because the application may not change most of these columns. Row-level security is
forced upon the owner too: they reach the rows of the companies in scope only.
"""

from django.db import migrations

from kolonne.portal.lib.rls import VISIBLE_COMPANIES, company_rows

CASE = "(SELECT nullif(current_setting('kolonne.case', true), ''))"

REQUIRE_MERGE = """
CREATE FUNCTION companies_require_merge(gone int, stays int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM public.companies_merge m JOIN public.companies_tenant t ON t.id = m.gone_id
        WHERE m.gone_id = gone AND m.stays_id = stays AND m.confirmed_at IS NOT NULL AND m.done_at IS NULL
        AND t.merged_into_id = stays AND t.leaving_since IS NOT NULL AND t.closed_at IS NULL
    ) THEN
        RAISE EXCEPTION 'company % does not become part of company %', gone, stays USING ERRCODE = 'check_violation';
    END IF;
END $$;
REVOKE ALL ON FUNCTION companies_require_merge(int, int) FROM PUBLIC;
"""

# Parents first: whoever adds a child meanwhile waits for the parent's row, and then fails; children that were added
# before are seen by the next statement. All keys between the tables are checked when the transaction ends.
MOVE_ROWS = """
CREATE FUNCTION companies_move_rows(gone int, stays int, besides text[]) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    target regclass;
    number bigint;
    counts jsonb := '{}';
BEGIN
    PERFORM public.companies_require_merge(gone, stays);
    SET CONSTRAINTS ALL DEFERRED;
    FOR target IN
        WITH RECURSIVE own AS (
            SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE a.attname = 'company_id' AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND c.relrowsecurity AND c.oid::regclass::text <> ALL (besides)
        ), keys AS (
            SELECT DISTINCT k.conrelid AS child, k.confrelid AS parent FROM pg_constraint k
            WHERE k.contype = 'f' AND k.conrelid <> k.confrelid
            AND k.conrelid IN (SELECT oid FROM own) AND k.confrelid IN (SELECT oid FROM own)
        ), depths AS (
            SELECT oid, 0 AS depth FROM own
            UNION
            SELECT keys.child, depths.depth + 1 FROM depths JOIN keys ON keys.parent = depths.oid WHERE depth < 20
        )
        SELECT oid::regclass FROM depths GROUP BY oid ORDER BY max(depth), oid::regclass::text
    LOOP
        EXECUTE format('UPDATE %s SET company_id = $1 WHERE company_id = $2', target) USING stays, gone;
        GET DIAGNOSTICS number = ROW_COUNT;
        IF number > 0 THEN
            counts := counts || jsonb_build_object(target::text, number);
        END IF;
    END LOOP;
    RETURN counts;
END $$;
REVOKE ALL ON FUNCTION companies_move_rows(int, int, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION companies_move_rows(int, int, text[]) TO kolonne_app;
"""


class Migration(migrations.Migration):
    dependencies = [("companies", "0011_merge_of_companies")]

    operations = [
        company_rows(
            "companies_merge", column="stays_id", also=f"gone_id = ANY ({VISIBLE_COMPANIES}) OR code = {CASE}"
        ),
        migrations.RunSQL(REQUIRE_MERGE, "DROP FUNCTION companies_require_merge(int, int)"),
        migrations.RunSQL(MOVE_ROWS, "DROP FUNCTION companies_move_rows(int, int, text[])"),
    ]
