"""Mobile numbers as people write them, and as they are kept."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from kolonne.portal.lib.errors import Invalid

MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
MAX_LENGTH = 40
"""Of what somebody types."""


def mobile_number(text: str, country: str) -> str:
    """As E.164, e.g. +4791234567. A number without a country's code is one of `country` (ISO 3166-1 alpha-2).

    Raises Invalid for what is no number, and for numbers that take no SMS.
    """
    try:
        number = phonenumbers.parse(text.strip()[:MAX_LENGTH], country.upper())
    except NumberParseException as error:
        raise _invalid() from error
    if number.extension or not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in MOBILE:
        raise _invalid()
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def written(number: str) -> str:
    """A kept number as people read it, e.g. +47 91 23 45 67; as it is when it is none."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(number, None), PhoneNumberFormat.INTERNATIONAL)
    except NumberParseException:
        return number


def _invalid() -> Invalid:
    return Invalid("invalid_mobile", "this is no mobile number", {"mobile": "with the country's code: +47 91 23 45 67"})
