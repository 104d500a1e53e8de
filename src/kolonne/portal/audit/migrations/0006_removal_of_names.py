from django.db import migrations

PERSON = "(SELECT nullif(current_setting('kolonne.user', true), '')::int)"
VISIBLE = "(SELECT nullif(current_setting('kolonne.companies', true), ''))::int[]"

# The application has no right to change an entry. This function changes for it only what names people, only when the
# account is deleted, and only to less than was there.
FUNCTION = """
CREATE FUNCTION audit_remove_names(
    entry bigint, person int, new_actor text, new_acting_for text, new_label text, new_address text, new_facts jsonb,
    new_salt bytea
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    pseudonym CONSTANT text := 'person ' || person;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM identity_user WHERE id = person AND state = 'deleted') THEN
        RAISE EXCEPTION 'person % is not deleted', person USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE audit_entry
    SET actor = new_actor, acting_for = new_acting_for, target_label = new_label, address = new_address,
        facts = new_facts, salt = new_salt, names_removed_at = statement_timestamp()
    WHERE id = entry
        AND (new_actor = actor OR (new_actor = pseudonym AND user_id = person))
        AND (new_acting_for = acting_for OR (new_acting_for = pseudonym AND acting_for_id = person))
        AND new_label IN (target_label, pseudonym, '')
        AND new_address IN (address, '')
        AND length(new_facts::text) <= length(facts::text)
        AND octet_length(new_salt) = 16 AND new_salt <> salt;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nothing but names can be removed from entry %', entry USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_names_apart_from_the_chain")]

    operations = [
        migrations.RunSQL(
            f"""
            CREATE POLICY concerned_read ON audit_entry FOR SELECT USING (people @> ARRAY[{PERSON}]);
            CREATE POLICY names_update ON audit_entry FOR UPDATE USING (
                company_id = ANY ({VISIBLE})
                OR (company_id IS NULL AND current_setting('kolonne.platform', true) = 'on'));
            """,
            "DROP POLICY concerned_read ON audit_entry; DROP POLICY names_update ON audit_entry;",
        ),
        migrations.RunSQL(
            FUNCTION,
            "DROP FUNCTION audit_remove_names(bigint, int, text, text, text, text, jsonb, bytea);",
        ),
    ]
