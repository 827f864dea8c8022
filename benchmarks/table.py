"""The table of results: our figure, those of other servers with their ratio to ours, and our limit."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

COLUMNS = ("writer-sdk", "code mode", "fastmcp", "openapi-mcp-server", "base")


@dataclass(frozen=True)
class Row:
    """One figure, ours and the others'; a missing one was not measured or does not exist."""

    label: str
    ours: float
    unit: str = ""
    peers: Mapping[str, float | str] = field(default_factory=dict[str, float | str])
    limit: str = ""
    within_limit: bool | None = None

    def cells(self) -> list[str]:
        """Return the cells as text: the figures of other servers with their ratio to ours."""
        peers = [self._peer_cell(self.peers.get(name)) for name in COLUMNS]
        verdict = {True: "yes", False: "NO", None: ""}[self.within_limit]
        return [self.label, f"{_format_number(self.ours)} {self.unit}".strip(), *peers, self.limit, verdict]

    def _peer_cell(self, value: float | str | None) -> str:
        if value is None or isinstance(value, str):
            return value or ""
        ratio = f" ({_format_number(value / self.ours)}×)" if self.ours else ""
        return _format_number(value) + ratio


def render_table(rows: Iterable[Row]) -> str:
    """Format the table as aligned Markdown."""
    cells = [["what", "ours", *COLUMNS, "bar", "reached"], *(row.cells() for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the percentile by nearest rank; for one half, the median."""
    return median(values) if share == 0.5 else sorted(values)[math.ceil(share * len(values)) - 1]


def _format_number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
