"""A claim goes on with the next owner of its van; and what is over for a module stays over."""

from django.db import migrations, models

# The application revokes. It cannot take that back: not even a portal in foreign hands lets in a stolen module again.
NO_WAY_BACK = """
CREATE FUNCTION vehicles_check_module_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'revoked' OR NEW.status = 'active' THEN
        RAISE EXCEPTION 'a module does not go from % to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vehicles_check_module_status BEFORE UPDATE OF status ON vehicles_module
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION vehicles_check_module_status();

CREATE FUNCTION vehicles_check_revoked_certificate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a certificate stays revoked' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER vehicles_check_revoked_certificate BEFORE UPDATE OF revoked_at ON vehicles_modulecertificate
    FOR EACH ROW WHEN (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NULL)
    EXECUTE FUNCTION vehicles_check_revoked_certificate();
"""
A_WAY_BACK = """
DROP FUNCTION vehicles_check_module_status() CASCADE;
DROP FUNCTION vehicles_check_revoked_certificate() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0015_rights_to_providers")]

    operations = [
        migrations.AlterField("ownershiprequest", "claim", models.IntegerField()),
        migrations.AddConstraint(
            "ownershiprequest",
            models.UniqueConstraint(
                condition=models.Q(("state__in", ["open", "objected"])), fields=("claim",), name="vehicles_request_once"
            ),
        ),
        migrations.RunSQL(NO_WAY_BACK, A_WAY_BACK),
    ]
