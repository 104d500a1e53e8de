"""Writes the lock files: `requirements*.lock` from pyproject.toml and `package-lock.json` from package.json.

Every version is pinned with its hashes, for Python 3.11 to 3.13 on any system; no address of an index or registry is
written, so that everybody installs from the mirror that they trust. `check` says whether such an address slipped in.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NPM_LOCK = ROOT / "package-lock.json"
LOCKS = {
    "requirements.lock": ["pyproject.toml", "--group", "build"],
    "requirements-dev.lock": ["pyproject.toml", "--group", "dev"],
    "requirements-node.lock": ["--group", "node"],
}
OPTIONS = ["--universal", "--python-version=3.11", "--generate-hashes"]
OPTIONS += ["--no-emit-index-url", "--no-annotate", "--no-header", "--quiet"]
ADDRESS = re.compile(r"https?://|--(extra-)?index-url|--find-links")


def write() -> None:
    """Resolves everything anew, keeping the versions that are locked already where they still fit."""
    for name, what in LOCKS.items():
        subprocess.run(
            ["uv", "pip", "compile", *what, *OPTIONS, "-o", name],
            cwd=ROOT,
            check=True,
        )
    subprocess.run(["npm", "install", "--package-lock-only", "--ignore-scripts"], cwd=ROOT, check=True)
    NPM_LOCK.write_text(json.dumps(without_addresses(json.loads(NPM_LOCK.read_text())), indent=2) + "\n")


def without_addresses(lock: dict[str, object]) -> dict[str, object]:
    """The same lock without where packages lie and who would like a donation for them."""
    packages = lock["packages"]
    assert isinstance(packages, dict)
    for package in packages.values():
        package.pop("funding", None)
        package.pop("resolved", None)
    return lock


def check() -> int:
    """Exit status 1 when a lock names an address."""
    found = 0
    for name in (*LOCKS, NPM_LOCK.name):
        for number, line in enumerate((ROOT / name).read_text().splitlines(), start=1):
            if ADDRESS.search(line):
                print(f"{name}:{number}: {line.strip()}: no address belongs into a lock; run `make lock`")
                found = 1
    return found


if __name__ == "__main__":
    sys.exit(check() if sys.argv[1:] == ["check"] else write())
