"""Addresses in our logs: pages to which a mail, an SMS or a QR code leads have a key in theirs."""

import logging
import re

_PAGES = (
    "accounts/(?:keep|export|invitation|private/confirm|password/reset/key)|account/export|customers/code|dev/sign-in"
    "|join|register/confirm"
)
KEYS = re.compile(rf"(/(?:{_PAGES})/)[^/\s]+")


class WithoutKeys(logging.Filter):
    """Takes them out: Django logs the address of every request that it refuses, e.g. one without a cookie."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if KEYS.search(text):
            record.msg, record.args = KEYS.sub(r"\1…", text), ()
        return True
