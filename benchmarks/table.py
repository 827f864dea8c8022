"""One table: what was measured, of us and of each peer, the ratio to us, and the bar."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

COLUMNS = ("writer-sdk", "fastmcp", "openapi-mcp-server", "base")


@dataclass(frozen=True)
class Row:
    """One figure; a peer's that is missing was not asked, or has no such thing."""

    label: str
    ours: float
    unit: str = ""
    peers: Mapping[str, float | str] = field(default_factory=dict[str, float | str])
    limit: str = ""
    within_limit: bool | None = None

    def cells(self) -> list[str]:
        """As text: figures of peers with what they are of ours."""
        peers = [self._peer_cell(self.peers.get(name)) for name in COLUMNS]
        verdict = {True: "yes", False: "NO", None: ""}[self.within_limit]
        return [self.label, f"{_format_number(self.ours)} {self.unit}".strip(), *peers, self.limit, verdict]

    def _peer_cell(self, value: float | str | None) -> str:
        if value is None or isinstance(value, str):
            return value or ""
        ratio = f" ({_format_number(value / self.ours)}×)" if self.ours else ""
        return _format_number(value) + ratio


def render_table(rows: Iterable[Row]) -> str:
    """The table, as Markdown has it and as a terminal shows it."""
    cells = [["what", "ours", *COLUMNS, "bar", "reached"], *(row.cells() for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def percentile(values: Sequence[float], share: float) -> float:
    """By nearest rank; the median where half is asked for."""
    return median(values) if share == 0.5 else sorted(values)[math.ceil(share * len(values)) - 1]


def _format_number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
