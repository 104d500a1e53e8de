"""Screens tell a command by its last step, so the application may add only the steps that are its own to tell."""

from django.db import migrations

CHECK_STEP = """
CREATE FUNCTION commands_check_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user = 'kolonne_app' AND NEW.state NOT IN ('queued', 'expired') THEN
        RAISE EXCEPTION 'only the signer says that a command is %', NEW.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER commands_check_step BEFORE INSERT ON commands_commandstep
    FOR EACH ROW EXECUTE FUNCTION commands_check_step();
"""

NO_CHECK = """
DROP TRIGGER commands_check_step ON commands_commandstep;
DROP FUNCTION commands_check_step();
"""


class Migration(migrations.Migration):
    dependencies = [("commands", "0002_rows_and_rights")]

    operations = [migrations.RunSQL(CHECK_STEP, NO_CHECK)]
