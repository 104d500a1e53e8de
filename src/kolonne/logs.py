"""How our programs log: one line, an event as a constant phrase, facts as keys; never a secret.

Tracebacks are plain. Prettier ones print local variables, and a PIN or a token may be among them.
"""

import logging

import structlog

from kolonne.config import Config


def configure(config: Config) -> None:
    """For every program but the module, which logs by the standard library alone to stay small."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[config.log_level]),
        cache_logger_on_first_use=True,
    )
