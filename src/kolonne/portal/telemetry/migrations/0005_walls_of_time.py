"""What ingest asks about the time of a reading: was the van the company's then, and its services active (VH-04)?"""

from django.db import migrations

from kolonne.portal.lib.rls import grant

REASONS = """
ALTER TABLE telemetry.refusal DROP CONSTRAINT refusal_reason_check;
ALTER TABLE telemetry.refusal ADD CONSTRAINT refusal_reason_check CHECK (reason IN (
    'no_service', 'revoked', 'not_in_profile', 'invalid', 'dead_letter', 'bad_hello',
    'retired', 'before_start', 'not_active_then', 'foreign_epoch'
));
"""
REASONS_BEFORE = """
DELETE FROM telemetry.refusal WHERE reason IN ('retired', 'before_start', 'not_active_then', 'foreign_epoch');
ALTER TABLE telemetry.refusal DROP CONSTRAINT refusal_reason_check;
ALTER TABLE telemetry.refusal ADD CONSTRAINT refusal_reason_check CHECK (
    reason IN ('no_service', 'revoked', 'not_in_profile', 'invalid', 'dead_letter', 'bad_hello')
);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("telemetry", "0004_merge_of_companies"),
        ("commerce", "0008_rows_of_periods"),
        ("vehicles", "0008_lives_of_vans"),
    ]

    operations = [
        migrations.RunSQL(REASONS, REASONS_BEFORE),
        grant("SELECT (enrolled_at)", "vehicles_module", "kolonne_ingest"),
        grant("SELECT (id, added_at, removed_at)", "vehicles_vehicle", "kolonne_ingest"),
        grant("SELECT (module_id, epoch)", "vehicles_modulesession", "kolonne_ingest"),
        # The operator's word that recordings from before a module was enrolled count (`kolonne vehicle since`).
        grant("UPDATE (enrolled_at)", "vehicles_module", "kolonne_app"),
    ]
