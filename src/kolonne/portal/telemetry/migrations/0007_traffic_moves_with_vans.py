"""What a van sent is counted for the company that it belongs to after a merge (CO-10), like its state."""

from django.db import migrations

KEY = "ALTER TABLE telemetry.traffic ALTER CONSTRAINT traffic_vehicle_id_company_id_fkey"

# As before, and the amounts of traffic wait, too.
HOLD = """
CREATE OR REPLACE FUNCTION telemetry.hold_for_merge(gone int, stays int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM public.companies_require_merge(gone, stays);
    LOCK TABLE telemetry.cursor IN SHARE ROW EXCLUSIVE MODE;
    LOCK TABLE telemetry.refusal, telemetry.state, telemetry.traffic IN SHARE ROW EXCLUSIVE MODE;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0006_traffic")]

    operations = [
        migrations.RunSQL(f"{KEY} DEFERRABLE INITIALLY IMMEDIATE", f"{KEY} NOT DEFERRABLE"),
        migrations.RunSQL(HOLD, migrations.RunSQL.noop),
    ]
