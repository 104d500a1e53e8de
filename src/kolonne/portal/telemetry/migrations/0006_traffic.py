"""How much each van's modules sent, by day and country (VH-07)."""

from django.db import migrations
from django.db.migrations.operations import RunSQL

from kolonne.portal.lib.rls import company_rows, grant

TABLE = """
CREATE TABLE telemetry.traffic (
    company_id int4 NOT NULL,
    vehicle_id int4 NOT NULL,
    day date NOT NULL,
    country text NOT NULL CHECK (country ~ '^([A-Z]{2})?$'),
    messages int8 NOT NULL,
    bytes int8 NOT NULL,
    PRIMARY KEY (vehicle_id, day, country),
    FOREIGN KEY (vehicle_id, company_id) REFERENCES vehicles_vehicle (id, company_id) ON DELETE CASCADE
);
CREATE INDEX traffic_by_company ON telemetry.traffic (company_id, day);
COMMENT ON COLUMN telemetry.traffic.country IS 'ISO 3166-1, two letters; empty when nothing tells where the van was.';
COMMENT ON COLUMN telemetry.traffic.bytes IS 'Payloads of telemetry as they arrived, without headers of MQTT, TLS and TCP.';
"""

FORGET = """
CREATE FUNCTION telemetry.forget_traffic(days int, batch int)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    deleted bigint;
BEGIN
    IF days < 1 OR batch < 1 THEN
        RAISE EXCEPTION 'days % and batch % must be positive', days, batch;
    END IF;
    DELETE FROM telemetry.traffic WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM telemetry.traffic WHERE day < (now() AT TIME ZONE 'UTC')::date - days
        LIMIT batch FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN deleted;
END $$;
REVOKE ALL ON FUNCTION telemetry.forget_traffic(int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION telemetry.forget_traffic(int, int) TO kolonne_app;
CREATE POLICY maintenance ON telemetry.traffic TO kolonne_owner USING (true) WITH CHECK (true);
"""


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0005_walls_of_time")]

    operations = [
        RunSQL(TABLE, "DROP TABLE telemetry.traffic"),
        company_rows("telemetry.traffic"),
        RunSQL("REVOKE ALL ON telemetry.traffic FROM kolonne_app", RunSQL.noop),
        grant("SELECT", "telemetry.traffic", "kolonne_app"),
        grant("SELECT, INSERT, UPDATE", "telemetry.traffic", "kolonne_ingest"),
        grant("SELECT (id, company_id)", "vehicles_vehicle", "kolonne_ingest"),
        RunSQL(FORGET, "DROP FUNCTION telemetry.forget_traffic(int, int)"),
    ]
