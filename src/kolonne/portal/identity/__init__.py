"""Kolonne ID: people and how they sign in. One identity opens every application.

Words: *user id* (the name that a person signs in with; never shown as a person's name), *persona* (a person of the
demonstration world).
"""
