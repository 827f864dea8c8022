"""``python -m scripts.frameworks [NAME …]``: agent frameworks call the tools as their agents would; prints a table.

Each is installed in an environment of its own. Its agent gets a model that makes the calls of ``checks.py``, and what
that model would read next is checked. No model and no key are needed.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio

from scripts.frameworks.checks import CALLS, judge
from scripts.frameworks.data import HEADINGS, Framework, read_frameworks, table
from scripts.frameworks.environments import environment, install, write_server
from scripts.snapshots import tool_schemas

TIMEOUT = 180  # seconds for one framework


def main() -> int:
    asked = {name.lower() for name in sys.argv[1:]}
    chosen = [each for each in read_frameworks() if not asked or each.slug in asked or each.name.lower() in asked]
    if not chosen:
        names = ", ".join(each.slug for each in read_frameworks())
        sys.stderr.write(f"No such framework: there are {names}.\n")
        return 2
    offered = {name: tool for name, tool in anyio.run(tool_schemas).items() if tool["annotations"]["readOnlyHint"]}
    rows = [row_of(framework, offered) for framework in chosen]
    failed = [row["framework"] for row in rows if any("FAILED" in cell for cell in row.values())]
    sys.stdout.write(f"\n{table(rows)}\n{len(rows) - len(failed)} passed, {len(failed)} failed\n")
    return 1 if failed else 0


def row_of(framework: Framework, offered: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the row of one framework, and say on stderr how it went."""
    sys.stderr.write(f"{framework.name}: ")
    sys.stderr.flush()
    row = dict.fromkeys(HEADINGS, "") | {"framework": framework.name, "version": framework.version}
    try:
        answer = run(install(framework))
    except (subprocess.SubprocessError, ValueError) as exc:
        output = exc.stderr if isinstance(exc, subprocess.CalledProcessError) else ""
        sys.stderr.write(f"FAILED: {exc}\n{(output or '')[-3_000:]}\n")
        return row | {"tools": "FAILED"}
    row |= judge(answer, offered) | {"set": framework.setting}
    broken = [cell for cell in row.values() if "FAILED" in cell]
    sys.stderr.write(f"{'; '.join(broken) or 'passed'}\n")
    return row


def run(command: list[str]) -> dict[str, Any]:
    """Run a program; return the JSON object in its last line.

    Raises:
        SubprocessError: It failed, or took too long.
        ValueError: It printed something else.
    """
    calls = json.dumps([{"tool": call.tool, "arguments": call.arguments} for call in CALLS])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        write_server(Path(directory))
        done = subprocess.run(  # noqa: S603 - our own command
            [*command, calls],
            cwd=directory,
            env=environment(Path(directory), Path(directory)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=True,
            timeout=TIMEOUT,
        )
    return json.loads(done.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
