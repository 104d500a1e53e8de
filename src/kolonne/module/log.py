"""Log lines on board: a short constant event and facts as keys, as everywhere in Kolonne.

Here it is the standard library alone, because structlog would take a tenth of the memory that an agent may have.
"""

import logging
import re

_SECRETIVE = re.compile(r"secret|password|token|vin$")


class Log:
    """`log.info("store is full", dropped=12)` becomes one line of the standard library's logging."""

    def __init__(self, name: str, **bound: object) -> None:
        self._logger = logging.getLogger(name)
        self._bound = bound

    def info(self, event: str, **facts: object) -> None:
        self._write(logging.INFO, event, facts)

    def warning(self, event: str, **facts: object) -> None:
        self._write(logging.WARNING, event, facts)

    def error(self, event: str, **facts: object) -> None:
        self._write(logging.ERROR, event, facts)

    def _write(self, level: int, event: str, facts: dict[str, object]) -> None:
        if self._logger.isEnabledFor(level):
            shown = {key: "…" if _SECRETIVE.search(key) else value for key, value in (self._bound | facts).items()}
            self._logger.log(level, "%s", " ".join([event, *(f"{key}={value}" for key, value in shown.items())]))
