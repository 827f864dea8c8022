"""Test the built wheel on each installed Python, with the lowest declared dependencies and with the newest.

It needs git, and uv in this environment. ``python scripts/matrix.py --help`` says how to test less.
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
UV = [sys.executable, "-m", "uv"]
RESOLUTIONS = {"lowest": "lowest-direct", "newest": "highest"}
FIRST, LAST = 11, 20  # of Python 3
# The first needs a browser; the second uses pipes, signals and /proc as Linux has them.
EXCLUDED_TESTS: list[str] = ["tests/e2e/triage_page"] + (["tests/robustness"] if platform.system() != "Linux" else [])
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
# Resolved with opentelemetry-api, which they would raise to their own version if they were installed later.
SPAN_EXPORTER = [each for each in PYPROJECT["dependency-groups"]["dev"] if each.startswith("opentelemetry-")]
LOWEST = dict(re.findall(r"([\w-]+)>=([\d.]+)", "\n".join(PROJECT["dependencies"])))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "python", nargs="*", help="what uv takes for --python (default: each installed one from 3.11 on)"
    )
    parser.add_argument("--dependencies", choices=RESOLUTIONS, help="default: both")
    parser.add_argument(
        "--tests",
        nargs="+",
        default=["tests"],
        metavar="PATH",
        help="default: all but the triage page's, and the robustness tests on Linux only",
    )
    arguments = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        uv("build", "--quiet", "--wheel", "--out-dir", directory, str(ROOT))
        (wheel,) = place.glob("*.whl")
        copy_all_but_the_package(place / "copy")
        for python in arguments.python or pythons():
            for dependencies in [arguments.dependencies] if arguments.dependencies else RESOLUTIONS:
                environment = place / "environment"
                installed = install(environment, python, wheel, dependencies)
                failures += not run_tests(environment, place / "copy", arguments.tests, dependencies, installed)
    return min(failures, 1)


def pythons() -> list[str]:
    """Return a working interpreter for each version of Python on PATH or in pyenv."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found: list[str] = []
    for minor in range(FIRST, LAST):
        name = f"python3.{minor}"
        candidates = [*map(str, sorted(kept.glob(f"3.{minor}.*/bin/{name}"), reverse=True)), shutil.which(name) or ""]
        found += [python for python in candidates if python and works(python)][:1]
    return found


def works(python: str) -> bool:
    # pyenv's shim of a version that is not active only prints an error.
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0  # noqa: S603


def copy_all_but_the_package(place: Path) -> None:
    """Copy the tracked files without the package, so that the tests import the wheel."""
    for name in run("git", "-C", str(ROOT), "ls-files", "-z").split("\0"):
        if name and not name.startswith("writer_jobs_mcp/"):
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, place / name)


def install(environment: Path, python: str, wheel: Path, dependencies: str) -> dict[str, str]:
    """Make an environment with the wheel and the tools of its tests; return the versions of its dependencies."""
    uv("venv", "--quiet", "--clear", "--python", python, "--no-python-downloads", str(environment))
    inside = ["--quiet", "--python", str(environment)]
    # For uv, the requirements of a manifest are direct, those of a wheel are not.
    declared = ["--resolution", RESOLUTIONS[dependencies], *SPAN_EXPORTER]
    uv("pip", "install", *inside, *declared, "-r", str(ROOT / "pyproject.toml"))
    # Keeps the versions that are installed already.
    uv("pip", "install", *inside, "--group", f"{ROOT / 'pyproject.toml'}:dev", f"{PROJECT['name']} @ {wheel.as_uri()}")
    listed = json.loads(uv("pip", "list", *inside, "--format", "json"))
    return {each["name"]: each["version"] for each in listed if each["name"] in LOWEST}


def run_tests(environment: Path, copy: Path, tests: list[str], dependencies: str, installed: dict[str, str]) -> bool:
    """Run the tests in the environment, and print a line about the result."""
    python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    started = time.monotonic()
    ignored = [f"--ignore={path}" for path in EXCLUDED_TESTS]
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *ignored, *tests]
    done = subprocess.run(command, cwd=copy, capture_output=True, encoding="utf-8", errors="replace", check=False)  # noqa: S603
    version = run(str(python), "-c", "import platform; print(platform.python_version(), platform.system())").strip()
    last = done.stdout.strip().rpartition("\n")[2] or done.stderr.strip().rpartition("\n")[2]
    versions = ", ".join(f"{name} {number}" for name, number in installed.items())
    print_line(f"Python {version}, {dependencies} ({versions}): {last}, {time.monotonic() - started:.0f} s")
    unmet = {name for name, number in LOWEST.items() if not f"{installed[name]}.0".startswith(f"{number}.")}
    if dependencies == "lowest" and unmet:
        print_line(f"The declared lower bound cannot be installed: {', '.join(sorted(unmet))}")
    if done.returncode:
        print_line(done.stdout[done.stdout.find("\n=") :] + done.stderr)
    return not done.returncode and not (dependencies == "lowest" and unmet)


def print_line(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def uv(*arguments: str) -> str:
    return run(*UV, *arguments)


def run(*command: str) -> str:
    """Return what the command printed.

    Raises:
        SystemExit: The command failed; the message is its output.
    """
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
