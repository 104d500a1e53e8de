"""The functions that make the partitions of coming days, drop those beyond retention and delete other old rows.

They belong to the owner and run with the owner's rights, so that the worker needs no right to change tables.
"""

from django.db import migrations
from django.db.migrations.operations import RunSQL

# Every partition is closed to everybody but its owner: readers and ingest go through `telemetry.sample`, whose
# policy holds. Rows that came before their day had a partition are moved into it when it is made.
ADD_DAY = """
CREATE FUNCTION telemetry.add_day(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part text := 'sample_' || to_char(day, 'YYYYMMDD');
    first timestamptz := day::timestamp AT TIME ZONE 'UTC';
    past timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass('telemetry.' || part) IS NOT NULL THEN
        RETURN false;
    END IF;
    LOCK TABLE telemetry.sample_default IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('CREATE TABLE telemetry.%I (LIKE telemetry.sample INCLUDING ALL)', part);
    EXECUTE format('WITH early AS (DELETE FROM telemetry.sample_default WHERE ts >= %L AND ts < %L RETURNING *) '
                   'INSERT INTO telemetry.%I SELECT * FROM early', first, past, part);
    EXECUTE format('ALTER TABLE telemetry.sample ATTACH PARTITION telemetry.%I FOR VALUES FROM (%L) TO (%L)',
                   part, first, past);
    PERFORM telemetry.close_partition(part);
    RETURN true;
END $$;
"""

CLOSE = """
CREATE FUNCTION telemetry.close_partition(part text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('REVOKE ALL ON telemetry.%I FROM kolonne_app', part);
    EXECUTE format('ALTER TABLE telemetry.%I ENABLE ROW LEVEL SECURITY', part);
    EXECUTE format('ALTER TABLE telemetry.%I FORCE ROW LEVEL SECURITY', part);
    EXECUTE format('CREATE POLICY maintenance ON telemetry.%I TO kolonne_owner USING (true) WITH CHECK (true)', part);
END $$;
"""

# The default partition holds what modules caught up with from long ago; it is kept as long after it was received.
MAINTAIN = """
CREATE FUNCTION telemetry.maintain(retention_days int, days_ahead int DEFAULT 7)
RETURNS TABLE (made int, dropped int, deleted bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    part text;
BEGIN
    IF retention_days < 1 OR days_ahead < 0 THEN
        RAISE EXCEPTION 'retention_days % and days_ahead % must be positive', retention_days, days_ahead;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('telemetry.maintain'));
    made := 0;
    dropped := 0;
    FOR ahead IN -1 .. days_ahead LOOP
        made := made + telemetry.add_day(today + ahead)::int;
    END LOOP;
    FOR part IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'telemetry.sample'::regclass AND c.relname ~ '^sample_[0-9]{8}$'
        AND to_date(right(c.relname, 8), 'YYYYMMDD') < today - retention_days
    LOOP
        EXECUTE format('DROP TABLE telemetry.%I', part);
        dropped := dropped + 1;
    END LOOP;
    DELETE FROM telemetry.sample_default WHERE received < now() - make_interval(days => retention_days);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    DELETE FROM telemetry.dead_letter WHERE received < now() - make_interval(days => retention_days);
    RETURN NEXT;
END $$;
"""

# At most `batch` rows of each table, so that no transaction is long; the caller repeats until nothing is left.
FORGET_OLD = """
CREATE FUNCTION telemetry.forget_old(transition_days int, refusal_days int, batch int DEFAULT 10000)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    transitions bigint;
    refusals bigint;
BEGIN
    IF transition_days < 1 OR refusal_days < 1 OR batch < 1 THEN
        RAISE EXCEPTION 'transition_days %, refusal_days % and batch % must be positive',
            transition_days, refusal_days, batch;
    END IF;
    DELETE FROM telemetry.transition WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM telemetry.transition
        WHERE ts < (today - transition_days)::timestamp AT TIME ZONE 'UTC' LIMIT batch FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS transitions = ROW_COUNT;
    DELETE FROM telemetry.refusal WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM telemetry.refusal WHERE day < today - refusal_days LIMIT batch FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS refusals = ROW_COUNT;
    RETURN transitions + refusals;
END $$;
"""

RIGHTS = """
REVOKE ALL ON FUNCTION telemetry.add_day(date), telemetry.close_partition(text), telemetry.maintain(int, int),
    telemetry.forget_old(int, int, int) FROM PUBLIC;
REVOKE ALL ON FUNCTION telemetry.add_day(date), telemetry.close_partition(text) FROM kolonne_app;
GRANT EXECUTE ON FUNCTION telemetry.maintain(int, int), telemetry.forget_old(int, int, int) TO kolonne_app;
CREATE POLICY maintenance ON telemetry.dead_letter TO kolonne_owner USING (true) WITH CHECK (true);
CREATE POLICY maintenance ON telemetry.transition TO kolonne_owner USING (true) WITH CHECK (true);
CREATE POLICY maintenance ON telemetry.refusal TO kolonne_owner USING (true) WITH CHECK (true);
SELECT telemetry.close_partition('sample_default');
SELECT telemetry.maintain(retention_days => 90);
"""


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0001_schema")]
    operations = [
        RunSQL(CLOSE, "DROP FUNCTION telemetry.close_partition(text)"),
        RunSQL(ADD_DAY, "DROP FUNCTION telemetry.add_day(date)"),
        RunSQL(MAINTAIN, "DROP FUNCTION telemetry.maintain(int, int)"),
        RunSQL(FORGET_OLD, "DROP FUNCTION telemetry.forget_old(int, int, int)"),
        RunSQL(
            RIGHTS,
            "DROP POLICY maintenance ON telemetry.dead_letter; DROP POLICY maintenance ON telemetry.sample_default;"
            "DROP POLICY maintenance ON telemetry.transition; DROP POLICY maintenance ON telemetry.refusal",
        ),
    ]
