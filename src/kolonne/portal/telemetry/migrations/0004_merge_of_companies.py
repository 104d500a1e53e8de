"""What modules said goes along when two companies become one (CO-10, docs/adr).

What hangs on a van or a module moves with it in one transaction, before which ingest stops for a moment; samples and
transitions, of which there are very many, follow in batches.
"""

from django.db import migrations

KEYS = (
    ("cursor", "cursor_module_id_company_id_fkey"),
    ("state", "state_vehicle_id_company_id_fkey"),
    ("refusal", "refusal_vehicle_id_company_id_fkey"),
)

# Ingest's first statement of a flush moves cursors, so that it waits here; and a flush that began before is over.
# One with the old company fails afterwards at the key of its cursors, and asks anew whose the module is.
HOLD = """
CREATE FUNCTION telemetry.hold_for_merge(gone int, stays int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM public.companies_require_merge(gone, stays);
    LOCK TABLE telemetry.cursor IN SHARE ROW EXCLUSIVE MODE;
    LOCK TABLE telemetry.refusal, telemetry.state IN SHARE ROW EXCLUSIVE MODE;
END $$;
REVOKE ALL ON FUNCTION telemetry.hold_for_merge(int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION telemetry.hold_for_merge(int, int) TO kolonne_app;
"""

# At most about `batch` rows of one table or partition; `next_van` says where to go on, and is null at the end.
MOVE = """
CREATE FUNCTION telemetry.move_readings(
    gone int, stays int, vans int[], part text, first_van int, batch int, OUT moved bigint, OUT next_van int
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    van int;
    number bigint;
BEGIN
    PERFORM public.companies_require_merge(gone, stays);
    moved := 0;
    IF part <> 'transition' AND NOT EXISTS (
        SELECT 1 FROM pg_inherits WHERE inhparent = 'telemetry.sample'::regclass
        AND inhrelid = to_regclass('telemetry.' || quote_ident(part))
    ) THEN
        RETURN;  -- a day that was dropped meanwhile
    END IF;
    FOR van IN SELECT v FROM unnest(vans) v WHERE v >= first_van ORDER BY v LOOP
        next_van := van;
        EXECUTE format(
            'UPDATE telemetry.%I SET company_id = $1 WHERE ctid = ANY (ARRAY('
            'SELECT ctid FROM telemetry.%I WHERE vehicle_id = $2 AND company_id = $3 LIMIT $4))', part, part
        ) USING stays, van, gone, batch - moved;
        GET DIAGNOSTICS number = ROW_COUNT;
        moved := moved + number;
        IF moved >= batch THEN
            RETURN;
        END IF;
    END LOOP;
    next_van := NULL;
END $$;
REVOKE ALL ON FUNCTION telemetry.move_readings(int, int, int[], text, int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION telemetry.move_readings(int, int, int[], text, int, int) TO kolonne_app;
"""

MOVE_LETTERS = """
CREATE FUNCTION telemetry.move_letters(gone int, stays int, batch int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    number bigint;
BEGIN
    PERFORM public.companies_require_merge(gone, stays);
    UPDATE telemetry.dead_letter SET company_id = stays WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM telemetry.dead_letter WHERE company_id = gone LIMIT batch));
    GET DIAGNOSTICS number = ROW_COUNT;
    RETURN number;
END $$;
REVOKE ALL ON FUNCTION telemetry.move_letters(int, int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION telemetry.move_letters(int, int, int) TO kolonne_app;
"""

# Dead letters hang on nothing, and can be written without a cursor that would stop a flush with the old company.
# The lock lets a merge begin only when letters that were addressed before are there.
ADDRESS = """
CREATE FUNCTION telemetry.address_letter() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    owner int;
BEGIN
    SELECT coalesce(t.merged_into_id, t.id) INTO owner FROM public.companies_tenant t
    WHERE t.id = NEW.company_id FOR SHARE;
    NEW.company_id := coalesce(owner, NEW.company_id);
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION telemetry.address_letter() FROM PUBLIC;
REVOKE ALL ON FUNCTION telemetry.address_letter() FROM kolonne_app;
CREATE TRIGGER address_letter BEFORE INSERT ON telemetry.dead_letter
    FOR EACH ROW WHEN (NEW.company_id IS NOT NULL) EXECUTE FUNCTION telemetry.address_letter();
"""

# Like a sample, a transition comes from the binding of an authenticated module, in a flush whose cursors have the key.
# With one of its own, all transitions would have to move at once with their vans.
TRANSITIONS = "ALTER TABLE telemetry.transition DROP CONSTRAINT transition_vehicle_id_company_id_fkey"
TRANSITIONS_BACK = """
ALTER TABLE telemetry.transition ADD CONSTRAINT transition_vehicle_id_company_id_fkey
FOREIGN KEY (vehicle_id, company_id) REFERENCES vehicles_vehicle (id, company_id) ON DELETE CASCADE
"""


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0003_erasure_of_companies"), ("companies", "0012_rows_of_merges")]

    operations = [
        *(
            migrations.RunSQL(
                f"ALTER TABLE telemetry.{table} ALTER CONSTRAINT {key} DEFERRABLE INITIALLY IMMEDIATE",
                f"ALTER TABLE telemetry.{table} ALTER CONSTRAINT {key} NOT DEFERRABLE",
            )
            for table, key in KEYS
        ),
        migrations.RunSQL(TRANSITIONS, TRANSITIONS_BACK),
        migrations.RunSQL(HOLD, "DROP FUNCTION telemetry.hold_for_merge(int, int)"),
        migrations.RunSQL(MOVE, "DROP FUNCTION telemetry.move_readings(int, int, int[], text, int, int)"),
        migrations.RunSQL(MOVE_LETTERS, "DROP FUNCTION telemetry.move_letters(int, int, int)"),
        migrations.RunSQL(
            ADDRESS,
            "DROP TRIGGER address_letter ON telemetry.dead_letter; DROP FUNCTION telemetry.address_letter()",
        ),
    ]
