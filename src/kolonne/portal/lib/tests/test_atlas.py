"""VH-07: in which country a van is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolonne.portal.lib.atlas import atlas


@pytest.mark.parametrize(
    ("lat", "lon", "country"),
    [
        (59.91, 10.75, "NO"),  # Oslo
        (69.65, 18.96, "NO"),  # Tromsø, on an island
        (60.19, 12.00, "NO"),  # Kongsvinger, before the border
        (59.88, 12.40, "SE"),  # behind it
        (55.57, 12.85, "SE"),  # on the Øresund bridge, nearer to Sweden
        (54.79, 9.43, "DE"),  # Flensburg
        (54.95, 9.43, "DK"),
        (52.52, 13.40, "DE"),
        (47.56, 7.59, "CH"),  # Basel, where three countries meet
        (50.95, 1.85, "FR"),  # Calais
        (51.12, 1.31, "GB"),  # Dover
        (47.14, 9.52, "LI"),
        (0.0, -30.0, ""),  # the Atlantic
        (91.0, 10.0, ""),
    ],
)
def test_a_position_lies_in_its_country(lat: float, lon: float, country: str) -> None:
    known = atlas()
    assert known is not None
    assert known.country(lat, lon) == country


@given(st.floats(), st.floats())
def test_any_number_has_an_answer(lat: float, lon: float) -> None:
    known = atlas()
    assert known is not None
    assert len(known.country(lat, lon)) in {0, 2}
