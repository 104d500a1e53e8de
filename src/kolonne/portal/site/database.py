"""Which PostgreSQL role this process uses. Decided before Django loads its settings.

The portal, the worker and the operator's commands are `kolonne_app`, which owns no table and cannot bypass row-level
security; only migrations run as `kolonne_owner`.
"""

from typing import Any

from kolonne import config

role = "kolonne_app"
pooled = False
"""The web server shares connections between requests; commands and tests keep one of their own."""


def use(*, as_role: str = "kolonne_app", with_pool: bool = False) -> None:
    """Chooses role and pooling for this process."""
    global role, pooled  # settings are read once per process, and so is this
    role, pooled = as_role, with_pool


def settings(configuration: config.Config) -> dict[str, Any]:
    """Django's DATABASES["default"]."""
    endpoints = configuration.endpoints()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": endpoints.postgres_host,
        "PORT": endpoints.postgres_port,
        "NAME": endpoints.database,
        "USER": role,
        "PASSWORD": configuration.secret(f"postgres-{role}"),
        "ATOMIC_REQUESTS": True,
        "OPTIONS": {"pool": {"min_size": 2, "max_size": 20, "timeout": 10}} if pooled else {},
    }
