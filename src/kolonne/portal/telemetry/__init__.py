"""Readings: stored as they come, kept as the vans' last state, shown live.

Words: a *point* is what a module measured at one time, a *reading* one signal of it; a *sample* is a stored point;
the *state* is the last value of every signal of a van; a *transition* is a change worth a line in the diary;
a *refusal* counts readings that must not be stored; a *dead letter* keeps what could not be understood, and why.

`ingest` and `registry` are programs of their own and know no Django; `live` runs inside the portal.
"""
