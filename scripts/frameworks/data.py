"""The frameworks of ``frameworks.toml``, and the table that ``docs/clients.md`` shows of them."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent
PROGRAMS = FOLDER / "programs"
PAGE = FOLDER.parents[1] / "docs" / "clients.md"
HEADINGS = ("framework", "version", "tools", "schemas", "list", "triage", "bad id", "wrong argument", "reads", "set")


class Framework(NamedTuple):
    """One framework: what is installed, the program that uses it, and what a user must set."""

    name: str
    program: str
    packages: Mapping[str, str]
    setting: str
    node: str | None = None
    """The version of Node, where the installed one may be too old."""

    @property
    def is_python(self) -> bool:
        """Whether it is a package of Python; otherwise it is one of Node."""
        return self.program.endswith(".py")

    @property
    def slug(self) -> str:
        """A name for its folder."""
        return self.name.lower().replace(" ", "-")

    @property
    def version(self) -> str:
        """Its packages and their versions, as the table shows them."""
        return ", ".join(f"{name} {version}" for name, version in self.packages.items())


def read_frameworks() -> list[Framework]:
    """Return the frameworks in the order of the table."""
    data = tomllib.loads((FOLDER / "frameworks.toml").read_text(encoding="utf-8"))
    return [Framework(**each) for each in data["framework"]]


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows, each by heading, as a Markdown table."""
    lines = [HEADINGS, ["---"] * len(HEADINGS), *([row[heading] for heading in HEADINGS] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def documented_rows() -> list[dict[str, Any]]:
    """Return the rows of the table in ``docs/clients.md``."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = lines.index(f"| {' | '.join(HEADINGS)} |") + 2
    rows: list[dict[str, Any]] = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append(dict(zip(HEADINGS, (cell.strip() for cell in line.strip("|").split("|")), strict=True)))
    return rows


def recipe(program: str) -> str:
    """Return the part of a program that ``docs/clients.md`` shows."""
    text = (PROGRAMS / program).read_text(encoding="utf-8")
    mark = "#" if program.endswith(".py") else "//"
    return text.split(f"{mark} Recipe\n")[1].split(f"{mark} End of the recipe\n")[0].strip()
