"""Sums as people read them."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import format_currency, get_currency_symbol

_LOCALES = {"en": "en_GB"}


def money(amount: Decimal, currency: str, language: str) -> str:
    """E.g. "1.234,50 €"; a currency that nobody wrote down is left out."""
    locale = _LOCALES.get(language, language)
    if not currency:
        return str(format_currency(amount, "EUR", "#,##0.00", locale=locale))
    if language == "en" and get_currency_symbol(currency, locale).isalpha():
        return str(format_currency(amount, currency, "¤\xa0#,##0.00", locale=locale))
    return str(format_currency(amount, currency, locale=locale))


@dataclass(frozen=True)
class Sum:
    """Per month, without VAT."""

    amount: Decimal
    currency: str


def sums(prices: Iterable[tuple[str, Decimal]]) -> list[Sum]:
    """Of (currency, price), one for each currency: contracts of different years may have different ones."""
    found: dict[str, Decimal] = {}
    for currency, price in prices:
        found[currency] = found.get(currency, Decimal(0)) + price
    return [Sum(amount, currency) for currency, amount in sorted(found.items())]
