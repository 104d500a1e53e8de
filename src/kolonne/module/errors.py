"""What can go wrong on board.

ModuleError
├── SourceError      a recording, device or table of signals cannot be used
├── StoreError
│   ├── StoreDamaged the store's file is no database (any more)
│   └── StoreFull    the disk is full, or refuses to write
├── LinkLost         the connection to the platform ended
│   └── LinkRefused  the platform does not accept serial and secret
└── SettingsError    something that the agent needs to start is missing
"""


class ModuleError(Exception):
    """The text names the thing, the value and the remedy."""


class SourceError(ModuleError):
    pass


class StoreError(ModuleError):
    pass


class StoreDamaged(StoreError):
    pass


class StoreFull(StoreError):
    pass


class LinkLost(ModuleError):
    pass


class LinkRefused(LinkLost):
    pass


class SettingsError(ModuleError):
    pass
