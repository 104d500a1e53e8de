"""Counters of the program."""

from prometheus_client import Counter

ADMITTED = Counter("kolonne_registry_admitted", "Connections let in.")
REFUSED = Counter("kolonne_registry_refused", "Connections refused.", ["reason"])
KICKED = Counter("kolonne_registry_kicked", "Sessions ended because their module was locked out.")
HELLOS = Counter("kolonne_registry_hellos", "Hellos by outcome.", ["outcome"])
PROFILES = Counter("kolonne_registry_profiles", "Collection profiles sent.")
