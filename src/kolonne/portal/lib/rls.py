"""Migration operations that put a table behind row-level security and tie child rows to the same company.

The policy reads the setting in a sub-select, which PostgreSQL evaluates once per statement instead of once per row.
"""

from django.db.migrations.operations import RunSQL

# The outer cast makes it a value: `= ANY (SELECT …)` would compare with rows of arrays.
VISIBLE_COMPANIES = "(SELECT nullif(current_setting('kolonne.companies', true), ''))::int[]::int[]"


def company_rows(table: str, *, column: str = "company_id", also: str = "") -> RunSQL:
    """Only rows of the companies in scope can be read, changed or made; `also` lets further rows be *read*."""
    mine = f"{column} = ANY ({VISIBLE_COMPANIES})"
    readable = f"({mine}) OR ({also})" if also else mine
    return RunSQL(
        f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY company_read ON {table} FOR SELECT USING ({readable});
        CREATE POLICY company_insert ON {table} FOR INSERT WITH CHECK ({mine});
        CREATE POLICY company_update ON {table} FOR UPDATE USING ({mine}) WITH CHECK ({mine});
        CREATE POLICY company_delete ON {table} FOR DELETE USING ({mine});
        """,
        f"""
        DROP POLICY company_read ON {table};
        DROP POLICY company_insert ON {table};
        DROP POLICY company_update ON {table};
        DROP POLICY company_delete ON {table};
        ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
        """,
    )


def same_company(child: str, column: str, parent: str) -> RunSQL:
    """A child can only point at a row of its own company; the parent needs a unique (id, company_id)."""
    name = f"{child.rsplit('.', maxsplit=1)[-1]}_{column}_company_fk"
    return RunSQL(
        f"ALTER TABLE {child} ADD CONSTRAINT {name} FOREIGN KEY ({column}, company_id) "
        f"REFERENCES {parent} (id, company_id) DEFERRABLE INITIALLY DEFERRED",
        f"ALTER TABLE {child} DROP CONSTRAINT {name}",
    )


def grant(privileges: str, table: str, role: str) -> RunSQL:
    """For the roles of ingest, registry and signer, which see nothing unless it is granted here."""
    return RunSQL(f"GRANT {privileges} ON {table} TO {role}", f"REVOKE {privileges} ON {table} FROM {role}")
