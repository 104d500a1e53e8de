"""PostgreSQL's channels that wake our programs. Whoever listens also reads again every few seconds."""

MODULES = "kolonne_modules"
"""A binding, a collection profile or a revocation changed; payload: the module's serial."""
COMMANDS = "kolonne_commands"
"""A command wants to be signed; payload: its id, or nothing when a module has said hello."""
PEOPLE = "kolonne_people"
"""Somebody's sessions have ended; payload: the person's id."""
