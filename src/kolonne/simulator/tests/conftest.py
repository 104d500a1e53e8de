import pytest

from kolonne.simulator.roads import town
from kolonne.simulator.roads.build import build
from kolonne.simulator.roads.network import RoadNetwork


@pytest.fixture(scope="session")
def network() -> RoadNetwork:
    return build(town.ways(), town.ATTRIBUTION)
