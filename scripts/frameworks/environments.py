"""An environment of its own for each framework, kept in ``.frameworks`` until its versions change."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.frameworks.data import PROGRAMS, Framework

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".frameworks"
# Starts the server of this repository, on the embedded Writer API, whatever the recipe gives it.
_SERVER = """\
#!/bin/sh
export PYTHONPATH='{root}'
exec '{python}' -m writer_jobs_mcp --sandbox "$@"
"""


def install(framework: Framework) -> list[str]:
    """Install a framework unless it is there; return the command that runs its program.

    Raises:
        CalledProcessError: It cannot be installed.
    """
    place = CACHE / framework.slug
    wanted = "\n".join(f"{name} {version}" for name, version in framework.packages.items())
    installed = place / "installed.txt"
    if not installed.exists() or installed.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        (_install_python if framework.is_python else _install_node)(framework, place)
        installed.write_text(wanted, encoding="utf-8")
    if framework.is_python:
        return [str(_python(place)), str(PROGRAMS / framework.program)]
    for program in PROGRAMS.glob("*.mjs"):  # Node looks for packages beside the program
        shutil.copy(program, place)
    node = str(place / "node_modules" / "node" / "bin" / "node") if framework.node else "node"
    return [node, str(place / framework.program)]


def _python(place: Path) -> Path:
    return place / "bin" / "python"


def _install_python(framework: Framework, place: Path) -> None:
    uv = [sys.executable, "-m", "uv"]
    requirements = [f"{name}=={version}" for name, version in framework.packages.items()]
    _run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(place)])
    _run([*uv, "pip", "install", "--quiet", "--python", str(_python(place)), *requirements])


def _install_node(framework: Framework, place: Path) -> None:
    (place / "package.json").write_text('{"private": true, "type": "module"}', encoding="utf-8")
    packages = dict(framework.packages) | ({"node": framework.node} if framework.node else {})
    asked = [f"{name}@{version}" for name, version in packages.items()]
    quiet = ["--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
    _run(["npm", "install", *quiet, *asked], place)
    if framework.node:
        _run(["node", "installArchSpecificPackage.js"], place / "node_modules" / "node")


def _run(command: list[str], place: Path = ROOT) -> None:
    subprocess.run(command, cwd=place, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command


def write_server(folder: Path) -> None:
    """Write a command ``writer-jobs-mcp`` that starts this repository's server with ``--sandbox``."""
    command = folder / "writer-jobs-mcp"
    command.write_text(_SERVER.format(root=ROOT, python=sys.executable), encoding="utf-8")
    command.chmod(0o755)


def environment(folder: Path, home: Path) -> dict[str, str]:
    """Return an environment whose ``writer-jobs-mcp`` is the one in ``folder``, without the user's keys and logins."""
    return {
        "PATH": os.pathsep.join([str(folder), os.environ["PATH"]]),
        "HOME": str(home),
        "LANG": os.environ.get("LANG", "C.UTF-8"),
        "WRITER_API_KEY": "a-key-of-a-test",
    }
