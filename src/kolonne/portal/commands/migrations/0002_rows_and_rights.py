"""Who may do what with commands, enforced by the database.

The application asks and may stop waiting; only the signer signs and says what vans answered. A taken-over portal can
therefore neither claim that a van was opened nor read a PIN.
"""

from django.db import migrations

from kolonne.portal.lib.rls import company_rows, grant, same_company

SIGNER = "kolonne_signer"
APP = "kolonne_app"

APP_RIGHTS = """
REVOKE ALL ON commands_command, commands_commandstep, commands_unlockpin, commands_modulecounter,
    commands_openingfreeze FROM kolonne_app;
GRANT SELECT, INSERT ON commands_command, commands_commandstep TO kolonne_app;
GRANT UPDATE (state, reason, finished_at, pin_sealed) ON commands_command TO kolonne_app;
GRANT SELECT (user_id, locked, set_at), INSERT, UPDATE (hash, failures, locked, set_at) ON commands_unlockpin
    TO kolonne_app;
GRANT SELECT ON commands_openingfreeze TO kolonne_app;
"""

# The moves are written out here and compared with `lifecycle.MOVES` by a test: a migration never changes.
MOVES = """
CREATE FUNCTION commands_check_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state || ' ' || NEW.state NOT IN (
        'queued sent', 'queued failed', 'queued expired',
        'sent accepted', 'sent done', 'sent failed', 'sent expired',
        'accepted done', 'accepted failed', 'accepted expired',
        'expired done', 'expired failed'
    ) THEN
        RAISE EXCEPTION 'a command cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    IF current_user = 'kolonne_app' AND NEW.state <> 'expired' THEN
        RAISE EXCEPTION 'only the signer says that a command is %', NEW.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER commands_check_move BEFORE UPDATE OF state ON commands_command
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION commands_check_move();

CREATE FUNCTION commands_check_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'queued' OR NEW.signed IS NOT NULL THEN
        RAISE EXCEPTION 'a new command is queued and not signed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER commands_check_new BEFORE INSERT ON commands_command
    FOR EACH ROW EXECUTE FUNCTION commands_check_new();
"""

NO_MOVES = """
DROP TRIGGER commands_check_move ON commands_command;
DROP TRIGGER commands_check_new ON commands_command;
DROP FUNCTION commands_check_move();
DROP FUNCTION commands_check_new();
"""

SIGNERS_COLUMNS = (
    "state, reason, sent_at, finished_at, module_id, epoch, boot, counter, signed, reply_state, pin_sealed"
)


class Migration(migrations.Migration):
    dependencies = [("commands", "0001_initial"), ("vehicles", "0002_rows_of_companies")]

    operations = [
        company_rows("commands_command"),
        company_rows("commands_commandstep"),
        same_company("commands_command", "vehicle_id", "vehicles_vehicle"),
        same_company("commands_commandstep", "command_id", "commands_command"),
        migrations.RunSQL(APP_RIGHTS, "GRANT SELECT, INSERT, UPDATE, DELETE ON commands_command TO kolonne_app"),
        migrations.RunSQL(MOVES, NO_MOVES),
        grant("SELECT", "commands_command", SIGNER),
        grant(f"UPDATE ({SIGNERS_COLUMNS})", "commands_command", SIGNER),
        grant("SELECT, INSERT", "commands_commandstep", SIGNER),
        grant("SELECT, UPDATE (failures, locked)", "commands_unlockpin", SIGNER),
        grant("SELECT, INSERT, UPDATE", "commands_modulecounter", SIGNER),
        grant("SELECT, INSERT, UPDATE (lifted_at, lifted_by)", "commands_openingfreeze", SIGNER),
    ]
