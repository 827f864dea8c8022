"""``python scripts/first_run.py`` measures the time from ``git clone`` to the README's first answer.

It clones what is committed, and runs with an empty home and without caches.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAX_SECONDS = 120
ANSWER_PREFIX = "│ "
# How this machine finds programs and packages; other variables are dropped.
KEPT_VARIABLES = re.compile(r"PATH|LANG|SYSTEMROOT|(PIP|UV|SSL|PYENV)_(?!CACHE)\w+|\w+_PROXY", re.IGNORECASE)


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        home, clone = Path(directory, "home"), Path(directory, "writer-jobs-mcp")
        home.mkdir()
        environ = {name: value for name, value in os.environ.items() if KEPT_VARIABLES.fullmatch(name)} | {
            "HOME": str(home)
        }
        started = time.monotonic()
        subprocess.run(["git", "clone", "--quiet", ROOT.as_uri(), str(clone)], check=True, env=environ)  # noqa: S603, S607 - git from PATH
        cloned = time.monotonic()
        command = first_command((clone / "README.md").read_text(encoding="utf-8"))
        with subprocess.Popen(  # noqa: S602 - the README's command line
            command, shell=True, cwd=clone, env=environ, stdout=subprocess.PIPE, encoding="utf-8"
        ) as demo:
            assert demo.stdout is not None
            answer = next((line for line in demo.stdout if line.startswith(ANSWER_PREFIX)), "")
            answered = time.monotonic()
            rest = sum(line.startswith(ANSWER_PREFIX) for line in demo.stdout)
    sys.stdout.write(f"git clone; {command}\n{answer}")
    taken = answered - started
    sys.stdout.write(f"{taken:.0f} s from clone to first answer, of which {cloned - started:.1f} s to clone; ")
    sys.stdout.write(f"{rest} more lines of answers.\n")
    return 0 if answer and not demo.returncode and taken < MAX_SECONDS else 1


def first_command(readme: str) -> str:
    """Return the README's first command."""
    section = readme.split("\n## Try it with no key\n")[1]
    return section.split("```sh\n")[1].split("\n```")[0]


if __name__ == "__main__":
    sys.exit(main())
