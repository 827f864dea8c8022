"""``python -m scripts.branch_coverage [PATH …]`` runs tests and prints the branch coverage of each package.

Every Python process of this environment is measured, also the servers that tests start with a bare environment. Not
measured: processes that are killed with SIGKILL, and those of other environments (the wheel's, the bundle's).
"""

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = "writer_jobs_mcp"
COVERAGE = [sys.executable, "-m", "coverage"]
WEAKEST = 10  # modules that are named


@contextmanager
def every_process_measured(data: Path) -> Generator[None]:
    """Start coverage in each Python process of this environment, whatever variables it inherits."""
    start = Path(sysconfig.get_path("purelib"), "measure_branch_coverage.pth")
    variables = {"COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml"), "COVERAGE_FILE": str(data)}
    # An interrupted run may leave this file behind; without the folder of the data it does nothing.
    begin = f"os.environ.update({variables!r}), __import__('coverage').process_startup()"
    start.write_text(f"import os; os.path.isdir({str(data.parent)!r}) and ({begin})\n", encoding="utf-8")
    try:
        yield
    finally:
        start.unlink(missing_ok=True)


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory, "coverage")
        with every_process_measured(data):
            tests = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "--maxprocesses", "8", *sys.argv[1:]]
            status = subprocess.run(tests, cwd=ROOT, check=False).returncode  # noqa: S603 - our own command
        environ = {**os.environ, "COVERAGE_FILE": str(data)}
        for command in (["combine", "--quiet"], ["json", "--quiet", "-o", str(data.with_suffix(".json"))]):
            subprocess.run([*COVERAGE, *command], cwd=ROOT, env=environ, check=True)  # noqa: S603 - our own command
        sys.stdout.write(table(json.loads(data.with_suffix(".json").read_text(encoding="utf-8"))["files"]))
    return status


def table(files: dict[str, dict[str, dict[str, float]]]) -> str:
    """Return a line for each package, and one for each of the weakest modules."""
    packages: dict[str, list[dict[str, float]]] = defaultdict(list)
    modules: list[tuple[float, str]] = []
    for name, measured in files.items():
        path = Path(name).relative_to(PACKAGE)
        packages[path.parts[0] if len(path.parts) > 1 else "(top)"].append(measured["summary"])
        modules.append((covered([measured["summary"]], "statements", "branches"), path.as_posix()))
    lines = [f"{'package':<14}{'lines':>8}{'branches':>10}"]
    for name, summaries in sorted(packages.items()):
        lines.append(f"{name:<14}{covered(summaries, 'statements'):>7.1f}%{covered(summaries, 'branches'):>9.1f}%")
    lines += ["", "weakest modules, lines and branches together"]
    lines += [f"{share:>7.1f}% {name}" for share, name in sorted(modules)[:WEAKEST]]
    return "\n".join(lines) + "\n"


def covered(summaries: list[dict[str, float]], *kinds: str) -> float:
    """Return the percentage of statements or branches that were run; 100 if there are none."""
    key = {"statements": "covered_lines", "branches": "covered_branches"}
    total = sum(each[f"num_{kind}"] for each in summaries for kind in kinds)
    return 100 * sum(each[key[kind]] for each in summaries for kind in kinds) / total if total else 100.0


if __name__ == "__main__":
    sys.exit(main())
