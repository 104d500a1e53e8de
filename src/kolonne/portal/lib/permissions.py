"""The registry of rights: every context names its own, higher contexts read the list.

A right is written `context.noun:verb`. Using a name that nobody registered is a mistake and raises at once.
"""

_labels: dict[str, str] = {}


def register(permissions: dict[str, str]) -> None:
    """Adds rights with their English labels (translated when shown)."""
    _labels.update(permissions)


def known() -> dict[str, str]:
    return dict(_labels)


def checked(names: set[str]) -> frozenset[str]:
    """The same names, or KeyError on one that no context defines."""
    for name in names:
        _labels[name]
    return frozenset(names)
