"""Names are removed only from entries that name the person, and what is left of the facts stands where it stood.

Otherwise "before" and "after" could change places, and one erased person would do to empty everybody's entries.
"""

from django.db import migrations

IS_LESS = """
CREATE OR REPLACE FUNCTION audit_is_less(less jsonb, than jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF less = than OR (less = '""' AND jsonb_typeof(than) = 'string') THEN
        RETURN true;
    ELSIF jsonb_typeof(less) IS DISTINCT FROM jsonb_typeof(than) THEN
        RETURN false;
    ELSIF jsonb_typeof(than) = 'object' THEN
        RETURN NOT EXISTS (SELECT FROM jsonb_each(less) l WHERE NOT public.audit_is_less(l.value, than -> l.key));
    ELSIF jsonb_typeof(than) = 'array' THEN
        RETURN jsonb_array_length(less) = jsonb_array_length(than) AND NOT EXISTS (
            SELECT FROM generate_series(0, jsonb_array_length(than) - 1) i
            WHERE NOT public.audit_is_less(less -> i, than -> i)
        );
    END IF;
    RETURN false;
END $$;
"""
REMOVE_NAMES = """
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
        AND (person = ANY (people) OR target LIKE 'companies.invitation:%')
        AND verb <> 'audit.names.removed'
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
    dependencies = [("audit", "0007_less_than_was_there")]

    operations = [
        migrations.RunSQL(IS_LESS, migrations.RunSQL.noop),
        migrations.RunSQL(REMOVE_NAMES, migrations.RunSQL.noop),
    ]
