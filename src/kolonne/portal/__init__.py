"""The portal: one Django project of contexts that import downward only (see docs/adr and pyproject's contracts)."""
