"""Vans that do not exist, for demonstrations, tests and benchmarks; they speak through the real agent.

roads/   a road network, from an OpenStreetMap extract or of an invented town, with routing
van/     one van as a state machine: it drives, parks, opens doors, charges and obeys commands
world    the people, companies and vans of the demonstration
source   the simulated vans as sources of a communication module
main     `kolonne simulate`: a whole fleet of modules in one process

A *behaviour* is what a van does all day (tour, charging, parked, ...); a *stay* is one halt with open doors.
Everything is deterministic for a seed and a clock, which are handed in.
"""
