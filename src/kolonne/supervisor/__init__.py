"""Runs the programs of one machine: embedded PostgreSQL and NATS, our own programs, and whoever dies again.

Words: *program* (one process that should run), *platform* (all of them), *server* (PostgreSQL or NATS, ours or the
operator's own), *ready* (everything was started and answered).
"""
