"""Tables of the schema `telemetry`.

They are plain SQL because Django knows neither partitions nor storage parameters, and because no row of them is
ever written through the ORM: ingest writes by COPY, everybody else only reads.
"""

from django.db import migrations
from django.db.migrations.operations import RunSQL

from kolonne.portal.lib.rls import company_rows, grant

# A sample has no foreign key: a look-up per row would cost a fifth of the ingest rate. Its company and vehicle come
# from the binding of an authenticated module, and nothing but ingest may write here.
# Column order leaves no alignment gaps; `ext` holds every signal that has no column. Numbers are double precision
# because the API must return exactly what was sent.
SAMPLE = """
CREATE TABLE telemetry.sample (
    ts timestamptz NOT NULL,
    received timestamptz NOT NULL,
    company_id int4 NOT NULL,
    vehicle_id int4 NOT NULL,
    lat float8, lon float8, altitude float8, heading float8, speed float8, soc float8, charge_power float8,
    outside_temperature float8, low_voltage float8,
    odometer int4, range int4,
    seq int4 NOT NULL,
    flags int2 NOT NULL,
    fuel_level int2,
    ext jsonb
) PARTITION BY RANGE (ts);
CREATE INDEX sample_by_vehicle ON telemetry.sample (vehicle_id, ts);
CREATE TABLE telemetry.sample_default PARTITION OF telemetry.sample DEFAULT;

COMMENT ON TABLE telemetry.sample IS 'Points as committed: one row per vehicle and time.';
COMMENT ON COLUMN telemetry.sample.ts IS 'Vehicle time; receive time if flags has bit 1.';
COMMENT ON COLUMN telemetry.sample.seq IS 'Low 31 bits of the point''s sequence in its module''s epoch: orders equal times.';
COMMENT ON COLUMN telemetry.sample.flags IS 'Bit 1: the vehicle''s clock was implausible.';
"""

# toast_tuple_target keeps the text of a state in its row, so that an update stays one heap-only tuple.
STATE = """
CREATE TABLE telemetry.state (
    vehicle_id int4 PRIMARY KEY,
    company_id int4 NOT NULL,
    ts timestamptz NOT NULL,
    received timestamptz NOT NULL,
    lat float8, lon float8, heading float8, speed float8, soc float8,
    fuel_level int2,
    signals text NOT NULL,
    FOREIGN KEY (vehicle_id, company_id) REFERENCES vehicles_vehicle (id, company_id) ON DELETE CASCADE
) WITH (fillfactor = 40, toast_tuple_target = 4096);
CREATE INDEX state_by_company ON telemetry.state (company_id);
COMMENT ON COLUMN telemetry.state.signals IS 'JSON {"speed": [value, t_ms, since_ms]}: passed through, never queried.';
"""

CURSOR = """
CREATE TABLE telemetry.cursor (
    module_id int4 NOT NULL,
    company_id int4 NOT NULL,
    epoch text NOT NULL,
    sequence int8 NOT NULL DEFAULT -1,
    points_dropped int8 NOT NULL DEFAULT 0,
    updated timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (module_id, epoch),
    FOREIGN KEY (module_id, company_id) REFERENCES vehicles_module (id, company_id) ON DELETE CASCADE
) WITH (fillfactor = 60);
COMMENT ON TABLE telemetry.cursor IS 'Last committed point of each epoch of a module: what was acknowledged, and what may come next.';
"""

# By the BRIN indexes of this and of transitions `telemetry.forget_old` finds what is too old; they are tiny.
REFUSAL = """
CREATE TABLE telemetry.refusal (
    company_id int4 NOT NULL,
    vehicle_id int4 NOT NULL,
    day date NOT NULL,
    reason text NOT NULL CHECK (
        reason IN ('no_service', 'revoked', 'not_in_profile', 'invalid', 'dead_letter', 'bad_hello')
    ),
    signal text NOT NULL,
    count int8 NOT NULL,
    PRIMARY KEY (vehicle_id, day, reason, signal),
    FOREIGN KEY (vehicle_id, company_id) REFERENCES vehicles_vehicle (id, company_id) ON DELETE CASCADE
);
CREATE INDEX refusal_by_company ON telemetry.refusal (company_id);
CREATE INDEX refusal_by_day ON telemetry.refusal USING brin (day) WITH (autosummarize = on);
"""

DEAD_LETTER = """
CREATE TABLE telemetry.dead_letter (
    id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id int4,
    serial text NOT NULL,
    received timestamptz NOT NULL,
    reason text NOT NULL,
    payload bytea NOT NULL CHECK (octet_length(payload) <= 65536)
);
CREATE INDEX dead_letter_by_day ON telemetry.dead_letter (received, serial);
"""

TRANSITION = """
CREATE TABLE telemetry.transition (
    id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id int4 NOT NULL,
    vehicle_id int4 NOT NULL,
    ts timestamptz NOT NULL,
    signal text NOT NULL,
    old text NOT NULL,
    new text NOT NULL,
    FOREIGN KEY (vehicle_id, company_id) REFERENCES vehicles_vehicle (id, company_id) ON DELETE CASCADE
);
CREATE INDEX transition_by_vehicle ON telemetry.transition (vehicle_id, ts);
CREATE INDEX transition_by_time ON telemetry.transition USING brin (ts) WITH (autosummarize = on);
COMMENT ON COLUMN telemetry.transition.old IS 'Value as JSON.';
"""


def table(name: str, sql: str) -> RunSQL:
    return RunSQL(sql, f"DROP TABLE telemetry.{name}")


TABLES = ("sample", "state", "cursor", "refusal", "dead_letter", "transition")


class Migration(migrations.Migration):
    initial = True
    dependencies = [("commerce", "0002_rows_of_companies")]
    operations = [
        RunSQL("CREATE SCHEMA telemetry", "DROP SCHEMA telemetry"),
        table("sample", SAMPLE),
        table("state", STATE),
        table("cursor", CURSOR),
        table("refusal", REFUSAL),
        table("dead_letter", DEAD_LETTER),
        table("transition", TRANSITION),
        *(company_rows(f"telemetry.{name}") for name in TABLES),
        # Default privileges hand every new table to the application, which shall only read here.
        RunSQL(
            "REVOKE ALL ON ALL TABLES IN SCHEMA telemetry FROM kolonne_app;"
            "GRANT USAGE ON SCHEMA telemetry TO kolonne_app, kolonne_ingest, kolonne_registry, kolonne_signer",
            migrations.RunSQL.noop,
        ),
        *(grant("SELECT", f"telemetry.{name}", "kolonne_app") for name in TABLES),
        grant("INSERT", "telemetry.sample", "kolonne_ingest"),
        grant("SELECT, INSERT, UPDATE", "telemetry.state", "kolonne_ingest"),
        grant("SELECT, INSERT, UPDATE", "telemetry.cursor", "kolonne_ingest"),
        grant("SELECT, INSERT, UPDATE", "telemetry.refusal", "kolonne_ingest"),
        grant("INSERT, SELECT (serial, received)", "telemetry.dead_letter", "kolonne_ingest"),
        grant("INSERT", "telemetry.transition", "kolonne_ingest"),
        grant("SELECT (id, serial, status, vehicle_id, company_id)", "vehicles_module", "kolonne_ingest"),
        grant("SELECT", "commerce_profile", "kolonne_ingest"),
        grant("SELECT", "telemetry.cursor", "kolonne_registry"),
        grant("SELECT, INSERT, UPDATE", "telemetry.refusal", "kolonne_registry"),
        grant("SELECT, UPDATE (public_key)", "vehicles_module", "kolonne_registry"),
        grant("SELECT, INSERT, UPDATE", "vehicles_modulesession", "kolonne_registry"),
        grant("SELECT", "commerce_profile", "kolonne_registry"),
    ]
