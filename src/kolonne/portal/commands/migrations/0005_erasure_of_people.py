"""Who asked for a command nobody changes, until the account is deleted."""

from django.db import migrations

FORGET = """
CREATE FUNCTION commands_forget_person(company int, person int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM public.identity_user WHERE id = person AND state = 'deleted') THEN
        RAISE EXCEPTION 'person % is not deleted', person USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE public.commands_command SET requested_by = 'person ' || person, address = ''
    WHERE company_id = company AND user_id = person;
END $$;
REVOKE ALL ON FUNCTION commands_forget_person(int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION commands_forget_person(int, int) TO kolonne_app;
"""


class Migration(migrations.Migration):
    dependencies = [("commands", "0004_erasure_of_companies")]

    operations = [migrations.RunSQL(FORGET, "DROP FUNCTION commands_forget_person(int, int)")]
