"""A data directory in which nothing runs yet, but whose secrets and addresses are there already.

Whatever loads the portal's settings needs them: tests, type checks, the check of the command line's documentation.
"""

import os
import tempfile
from pathlib import Path

from kolonne import config
from kolonne.supervisor import files, ports, secrets


def make() -> Path:
    """Makes one with free ports and sets the environment of this process to it.

    It does not lie in a home directory, because PostgreSQL may have to run as another user.
    """
    for name in [name for name in os.environ if name.startswith(config.PREFIX)]:
        del os.environ[name]
    data = Path(tempfile.mkdtemp(prefix="kolonne-test-", dir="/tmp"))
    data.chmod(files.TRAVERSABLE)
    os.environ.update(KOLONNE_DATA=str(data), KOLONNE_PORT="0", KOLONNE_MQTT_PORT="0", KOLONNE_NATS_PORT="0")
    settings = config.load()
    files.make_data_directory(data)
    secrets.make(settings)
    ports.write(settings, ports.choose(settings))
    return data
