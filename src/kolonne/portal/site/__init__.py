"""The Django project itself: settings, addresses, the ASGI door, middleware and the operator's command line."""
