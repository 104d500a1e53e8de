"""What can go wrong before a simulation runs.

SimulatorError
├── RoadsError      an extract cannot be read or holds no drivable roads
├── WorldError      the demonstration's world file is wrong
├── ScenarioError   a scripted scenario is wrong
└── FleetError      the fleet file of `kolonne simulate` is missing or wrong
"""


class SimulatorError(Exception):
    """The text names the file, the field, its value and the remedy."""


class RoadsError(SimulatorError):
    pass


class WorldError(SimulatorError):
    pass


class ScenarioError(SimulatorError):
    pass


class FleetError(SimulatorError):
    pass
