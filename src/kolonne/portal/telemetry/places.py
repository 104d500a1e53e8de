"""In which country a van is, by its last values (VH-07)."""

from functools import lru_cache

from kolonne.portal.lib.atlas import atlas

_GRID = 100
"""Positions within a hundredth of a degree, about a kilometre, are looked up once."""
_CODE_LETTERS = 2


def country_of(told: object, lat: float | None, lon: float | None) -> str:
    """Two letters of ISO 3166-1: as the van's modem says (`told`), else by its position; empty if nothing tells."""
    if told is not None:
        word = str(told).upper()
        return word if len(word) == _CODE_LETTERS and word.isascii() and word.isalpha() else ""
    if lat is None or lon is None:
        return ""
    return _country_at(round(lat * _GRID), round(lon * _GRID))


@lru_cache(50_000)
def _country_at(lat: int, lon: int) -> str:
    outlines = atlas()
    return outlines.country(lat / _GRID, lon / _GRID) if outlines else ""
