"""``python -m benchmarks.page`` measures the time from a triage's result to its first paint, with a thousand groups."""

import sys
from statistics import median

import anyio
from mcp_types import CallToolResult
from playwright.async_api import Browser

from tests.data.triage_pages import failure_group, triage_result, triage_server, triage_structure
from tests.helpers.browser import launch_browser, open_triage_page

RUNS = 9
# In every frame: when the first group was painted, on the clock that all frames share.
RECORD_FIRST_PAINT = """
new MutationObserver((_, watch) => {
  if (!document.querySelector(".bar")) return;
  watch.disconnect();
  requestAnimationFrame(() => setTimeout(() => {
    document.documentElement.dataset.drawnAt = performance.timeOrigin + performance.now();
  }));
}).observe(document, { childList: true, subtree: true });
"""
RESULT_TIME = "performance.timeOrigin + performance.getEntriesByName('result')[0].startTime"


async def first_paint_ms(chromium: Browser, result: CallToolResult) -> float:
    """Return the milliseconds from the result's arrival at the host to the first paint."""

    async def answer() -> CallToolResult:
        return result

    async with open_triage_page(chromium, triage_server(answer), script=RECORD_FIRST_PAINT) as drawn:
        # Wait for a selector: the page's policy forbids the eval that Playwright needs to wait for an expression.
        await drawn.page.wait_for_selector("html[data-drawn-at]")
        drawn_at = await drawn.page.evaluate("Number(document.documentElement.dataset.drawnAt)")
        return drawn_at - await drawn.host.evaluate(RESULT_TIME)


async def measure() -> None:
    """Measure and print the result."""
    result = triage_result(triage_structure([failure_group(number, 2_000 - number) for number in range(1_000)]))
    async with launch_browser() as chromium:
        taken = [await first_paint_ms(chromium, result) for _ in range(RUNS)]
    sys.stdout.write(
        f"1,000 groups: first paint {median(taken):.0f} ms after the result (median of {RUNS}, "
        f"{min(taken):.0f} to {max(taken):.0f}).\n"
    )


if __name__ == "__main__":
    anyio.run(measure)
