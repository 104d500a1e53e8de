"""Kolonne: an open, self-hosted platform for connected commercial vans."""

__version__ = "0.1.0"
