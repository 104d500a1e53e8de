"""The removal of names puts nothing in the facts that did not stand there, and only the application may ask for it."""

from django.db import migrations

SIGNATURE = "audit_remove_names(bigint, int, text, text, text, text, jsonb, bytea)"
FUNCTION = """
CREATE FUNCTION audit_is_less(less jsonb, than jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT NOT EXISTS (
        SELECT jsonb_path_query(less, '$.** ? (@.type() == "object").keyvalue().key')
        EXCEPT SELECT jsonb_path_query(than, '$.** ? (@.type() == "object").keyvalue().key')
    ) AND NOT EXISTS (
        SELECT one FROM jsonb_path_query(less, '$.** ? (@.type() != "object" && @.type() != "array")') one
        WHERE one <> '""'
        EXCEPT SELECT jsonb_path_query(than, '$.**')
    ) AND length(less::text) <= length(than::text)
$$;
CREATE OR REPLACE FUNCTION audit_remove_names(
    entry bigint, person int, new_actor text, new_acting_for text, new_label text, new_address text, new_facts jsonb,
    new_salt bytea
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    pseudonym CONSTANT text := 'person ' || person;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM public.identity_user WHERE id = person AND state = 'deleted') THEN
        RAISE EXCEPTION 'person % is not deleted', person USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE public.audit_entry
    SET actor = new_actor, acting_for = new_acting_for, target_label = new_label, address = new_address,
        facts = new_facts, salt = new_salt, names_removed_at = statement_timestamp()
    WHERE id = entry
        AND (new_actor = actor OR (new_actor = pseudonym AND user_id = person))
        AND (new_acting_for = acting_for OR (new_acting_for = pseudonym AND acting_for_id = person))
        AND new_label IN (target_label, pseudonym, '')
        AND new_address IN (address, '')
        AND public.audit_is_less(new_facts, facts)
        AND octet_length(new_salt) = 16 AND new_salt <> salt;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nothing but names can be removed from entry %', entry USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0006_removal_of_names")]

    operations = [
        migrations.RunSQL(FUNCTION, migrations.RunSQL.noop),
        migrations.RunSQL(
            f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC; GRANT EXECUTE ON FUNCTION {SIGNATURE} TO kolonne_app;",
            f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO PUBLIC; DROP FUNCTION audit_is_less(jsonb, jsonb);",
        ),
    ]
