"""Kolonne ID: people and how they sign in. One identity opens every application.

Words: *user id* (the name that a person signs in with; never shown as a person's name), *market* (a country, whose
administrators are responsible for its people), *state* (whether a person gets in), *life cycle* (what happens to people
who never come), *renewal* (new e-mail address and password after a helper's reset), *factor* (TOTP or passkey),
*private account* ("me"), *persona* (a person of the demonstration world).
"""
