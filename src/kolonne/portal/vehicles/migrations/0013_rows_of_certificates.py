"""Who may do what with modules, their claims and their certificates, enforced by the database.

The application asks for certificates and revokes them; only the signer, which alone holds the authority's key, says
that one was issued. A taken-over portal can therefore not make the registry let in a certificate of its own.
"""

from django.db import migrations

from kolonne.portal.lib.rls import company_rows, grant

SIGNER, REGISTRY = "kolonne_signer", "kolonne_registry"

# With the module its claims and certificates go: nobody but the erasure of a company deletes modules.
TIES = """
ALTER TABLE vehicles_moduleclaim
    ADD CONSTRAINT vehicles_moduleclaim_vehicle_id_company_fk FOREIGN KEY (vehicle_id, company_id)
        REFERENCES vehicles_vehicle (id, company_id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT vehicles_moduleclaim_module_id_company_fk FOREIGN KEY (module_id, company_id)
        REFERENCES vehicles_module (id, company_id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE vehicles_modulecertificate
    ADD CONSTRAINT vehicles_modulecertificate_module_id_company_fk FOREIGN KEY (module_id, company_id)
        REFERENCES vehicles_module (id, company_id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
"""

# Each opens for reading what somebody has proved to know, whichever company it belongs to.
FOUND_BY = """
CREATE POLICY serial_read ON vehicles_module FOR SELECT
    USING (serial = (SELECT nullif(current_setting('kolonne.module', true), '')));
CREATE POLICY code_read ON vehicles_moduleclaim FOR SELECT
    USING (code_sha256 = (SELECT decode(nullif(current_setting('kolonne.module_claim', true), ''), 'hex')));
CREATE POLICY fingerprint_read ON vehicles_modulecertificate FOR SELECT
    USING (fingerprint = (SELECT decode(nullif(current_setting('kolonne.certificate', true), ''), 'hex')));
"""
NOT_FOUND_BY = """
DROP POLICY serial_read ON vehicles_module;
DROP POLICY code_read ON vehicles_moduleclaim;
DROP POLICY fingerprint_read ON vehicles_modulecertificate;
"""

APP_RIGHTS = """
GRANT UPDATE (rank, provides) ON vehicles_module TO kolonne_app;
REVOKE UPDATE ON vehicles_moduleclaim FROM kolonne_app;
GRANT UPDATE (withdrawn_at, used_at, module_id) ON vehicles_moduleclaim TO kolonne_app;
REVOKE UPDATE, DELETE ON vehicles_modulecertificate FROM kolonne_app;
GRANT UPDATE (revoked_at) ON vehicles_modulecertificate TO kolonne_app;
"""

ONLY_ASKED_FOR = """
CREATE FUNCTION vehicles_check_new_certificate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.pem <> '' OR NEW.serial_number <> '' OR num_nonnulls(
        NEW.fingerprint, NEW.not_before, NEW.not_after, NEW.superseded_at, NEW.revoked_at) > 0 THEN
        RAISE EXCEPTION 'a new certificate is asked for and not issued' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vehicles_check_new_certificate BEFORE INSERT ON vehicles_modulecertificate
    FOR EACH ROW EXECUTE FUNCTION vehicles_check_new_certificate();
"""


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0012_certificates_of_modules")]

    operations = [
        company_rows("vehicles_moduleclaim"),
        company_rows("vehicles_modulecertificate"),
        migrations.RunSQL(TIES, migrations.RunSQL.noop),
        migrations.RunSQL(FOUND_BY, NOT_FOUND_BY),
        migrations.RunSQL(APP_RIGHTS, migrations.RunSQL.noop),
        migrations.RunSQL(ONLY_ASKED_FOR, "DROP FUNCTION vehicles_check_new_certificate() CASCADE"),
        grant("SELECT", "vehicles_modulecertificate", SIGNER),
        grant(
            "UPDATE (pem, serial_number, fingerprint, not_before, not_after, superseded_at)",
            "vehicles_modulecertificate",
            SIGNER,
        ),
        grant("SELECT (rank)", "vehicles_module", SIGNER),
        grant(
            "SELECT (module_id, fingerprint, not_after, superseded_at, revoked_at)",
            "vehicles_modulecertificate",
            REGISTRY,
        ),
    ]
