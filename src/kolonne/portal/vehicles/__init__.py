"""Vans and the communication modules that sit in them.

Words: *vehicle* (a van with its VIN), *module* (the box on board that speaks for it, known by its serial, never by
the VIN), *binding* (which module speaks for which vehicle now), *session* (what a module said when it connected).
"""
