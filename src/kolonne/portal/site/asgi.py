"""The door for the web server: live streams go to the hub, everything else to Django."""

import os

from kolonne.portal.site import database

database.use(with_pool=True)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kolonne.portal.site.settings")

from django.core.asgi import get_asgi_application  # noqa: E402  # Django reads its settings on import

application = get_asgi_application()
