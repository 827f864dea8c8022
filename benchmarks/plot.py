"""``python -m benchmarks.plot FIGURES.json PLOT.svg`` draws the figures of the part ``cost_over_jobs``.

The colours have enough contrast on white and on GitHub's dark background, since a page shows the same file on both.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import FuncFormatter, NullLocator

from benchmarks.cost_over_jobs import SDK, Figure

_GREY = "#7a7a7a"
_STYLES: dict[str, Any] = {
    SDK: {"color": _GREY, "marker": "s", "linestyle": "--"},
    "1 % failed": {"color": "#1a84d6", "marker": "o"},
    "20 % failed": {"color": "#d2691e", "marker": "^"},
}
_PANELS = (("requests", "requests"), ("seconds", "seconds at 50 ms a page"))
_NAMES = {SDK: "writer-sdk, any share"}
_SETTINGS = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "benchmarks",  # the same file for the same figures
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica", "Arial", "DejaVu Sans"],
    "font.size": 11,
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), _GREY),
}


def main() -> None:
    """Draw the plot."""
    parser = argparse.ArgumentParser("benchmarks.plot", description=__doc__.splitlines()[0])
    parser.add_argument("figures", type=Path, help="the JSON file that --figures has written")
    parser.add_argument("plot", type=Path, help="the SVG file to write")
    arguments = parser.parse_args()
    written = json.loads(arguments.figures.read_text(encoding="utf-8"))
    draw([Figure(**figure) for figure in written["figures"]], arguments.plot)


def draw(figures: Sequence[Figure], path: Path) -> None:
    """Draw requests and seconds over jobs, side by side."""
    with mpl.rc_context(_SETTINGS):
        drawing = Drawing(figsize=(9, 4), layout="constrained")
        panels = drawing.subplots(1, len(_PANELS))
        for panel, (field, label) in zip(panels, _PANELS, strict=True):
            _draw_panel(panel, figures, field, label)
        handles, names = panels[0].get_legend_handles_labels()
        drawing.legend(handles, names, loc="outside upper center", ncols=len(names), frameon=False)
        drawing.savefig(path, transparent=True, metadata={"Date": None})


def _draw_panel(panel: Axes, figures: Sequence[Figure], field: str, label: str) -> None:
    for series, style in _STYLES.items():
        points = sorted((each.jobs, getattr(each, field)) for each in figures if each.series == series)
        jobs, values = zip(*points, strict=True)
        panel.loglog(jobs, values, label=_NAMES.get(series, f"this server, {series}"), linewidth=2, **style)
        panel.annotate(
            _number(values[-1]), points[-1], textcoords="offset points", xytext=(7, -4), color=style["color"]
        )
    panel.set(xlabel="jobs of the application", ylabel=label)
    panel.margins(x=0.14)
    panel.grid(color=_GREY, alpha=0.3, linewidth=0.7)
    panel.spines[["top", "right"]].set_visible(False)
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: _number(value)))
        axis.set_minor_locator(NullLocator())


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


if __name__ == "__main__":
    main()
