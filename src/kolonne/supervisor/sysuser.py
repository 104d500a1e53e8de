"""PostgreSQL refuses to run as root, so root lends it a user of its own.

That user owns the directory of the database and nothing else. It must be able to walk to that directory and to
PostgreSQL's programs; where it cannot, the error names the directory that stops it and the remedy.
"""

import grp
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from kolonne.supervisor.errors import StartError

NAME = "kolonne-postgres"


@dataclass(frozen=True)
class SystemUser:
    """Whom a program runs as instead of root."""

    name: str
    uid: int
    gid: int


def needed() -> bool:
    return os.geteuid() == 0


def find() -> SystemUser | None:
    """The user, if this machine has it already."""
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        return None
    return SystemUser(NAME, entry.pw_uid, entry.pw_gid)


def ensure() -> SystemUser | None:
    """The user, made when it is missing; None when we are not root and need none. Raises StartError."""
    if not needed():
        return None
    return find() or _create()


def _create() -> SystemUser:
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    remedy = f"make it yourself (`useradd --system {NAME}`) or run Kolonne as a user that is not root"
    if shutil.which(command[0]) is None:
        raise StartError(f"PostgreSQL needs the system user {NAME}, and there is no useradd here: {remedy}")
    result = subprocess.run(
        [*command, "--shell", "/usr/sbin/nologin", NAME], capture_output=True, text=True, check=False
    )
    user = find()  # Two data directories that start at once both try; whoever was second finds it made.
    if user is None:
        raise StartError(f"the system user {NAME} cannot be made ({result.stderr.strip()}): {remedy}")
    return user


def obstacle(directory: Path, user: SystemUser) -> Path | None:
    """The first directory on the way to `directory` that this user may not pass; None if he gets there."""
    groups = {user.gid, *(group.gr_gid for group in grp.getgrall() if user.name in group.gr_mem)}
    for step in (*reversed(directory.parents), directory):
        if step.exists() and not _may_pass(step.stat(), user.uid, groups):
            return step
    return None


def require_way(directory: Path, user: SystemUser) -> None:
    """Raises StartError when the user cannot walk to `directory`."""
    wall = obstacle(directory, user)
    if wall is not None:
        raise StartError(
            f"PostgreSQL runs as {user.name}, which may not pass through {wall}: `chmod o+x {wall}`, or set "
            "KOLONNE_DATA to a directory elsewhere, for example /var/lib/kolonne"
        )


def _may_pass(status: os.stat_result, uid: int, groups: set[int]) -> bool:
    if status.st_uid == uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid in groups:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
