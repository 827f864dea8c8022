"""Text of jobs is shown as text: it never runs, and never leaves the page."""

from datetime import timedelta

from playwright.async_api import expect

from tests.conftest import NOW
from tests.data.triage_pages import (
    FAILED,
    READ_ON,
    failure_group,
    group_values,
    result_server,
    triage_result,
    triage_structure,
)
from tests.helpers.triage_page import ALIAS, Draw, Show, figures
from writer_jobs_mcp.sandbox import SandboxStore

HOSTILE = [
    "<script>window.hacked = 1</script>",
    '<img src="x" onerror="window.hacked = 2">',
    '</script></main><svg onload="window.hacked = 3">',
    '"><iframe srcdoc="<script>top.hacked = 4</script>">',
    "{{constructor.constructor('window.hacked = 5')()}}",
]


async def test_hostile_text_is_shown_as_text_and_never_runs(draw: Draw, store: SandboxStore) -> None:
    for number, text in enumerate(HOSTILE):
        for minute in range(20):
            at = NOW - timedelta(minutes=10 * minute + number + 1)
            store.add(ALIAS, error=text, created_at=at)
    async with draw(since="24h") as drawn:
        await figures(drawn.page)
        groups = drawn.page.locator(".groups > li")
        for at in range(len(HOSTILE)):
            await groups.nth(at).locator(".bar").click()
            await groups.nth(at).locator(".job").first.click()
            await expect(groups.nth(at).locator(".details")).to_be_visible()
        shown = " ".join(await drawn.page.locator("pre").all_text_contents())
        assert [text for text in HOSTILE if text not in shown] == []
        for frame in drawn.host.frames:
            assert await frame.evaluate("window.hacked") is None
        assert await drawn.page.locator("img, iframe, script:not([type=module])").count() == 0
        assert len(drawn.host.frames) == 2
        assert drawn.console_errors == []


async def test_hostile_text_in_any_field_is_shown_as_text(show: Show) -> None:
    bad = HOSTILE[1]
    each = {
        **failure_group(0, 8, signature=bad, category=bad, retry=bad, first_seen=bad, seen_before=bad, trend=bad),
        "values": [group_values(bad, 9, (bad, 4))],
        "job_ids": [bad],
    }
    report = triage_structure(
        [each],
        application_id=bad,
        application_name=bad,
        last_deployed_at=bad,
        window={"since": bad, "until": bad},
        coverage={**FAILED["coverage"], "complete": False, "stopped_by": bad, "read_back_to": bad, "message": bad},
        by_category={bad: 8, "timeout": 1},
        before={"since": bad, "jobs": 1, "failed": 1},
        gone=[{"signature": bad, "category": bad, "before": 1}],
        stuck=[{"id": bad, "created_at": bad, "seconds": 900.0}],
        next=[{**READ_ON, "arguments": {"until": bad}, "why": bad}, {"tool": bad, "arguments": {bad: bad}, "why": bad}],
    )
    async with show(result_server(triage_result(report))) as drawn:
        await drawn.page.locator(".bar").click()
        shown = await drawn.page.locator("main").text_content() or ""
        assert shown.count(bad) > 12
        assert await drawn.page.evaluate("window.hacked") is None
        assert await drawn.page.locator("img, iframe, svg [onload]").count() == 0
        assert drawn.console_errors == []


async def test_the_page_cannot_create_markup_from_a_string(draw: Draw) -> None:
    async with draw() as drawn:
        await figures(drawn.page)
        made = "() => { try { document.body.innerHTML = '<b>'; return 'made' } catch (error) { return error.name } }"
        assert await drawn.page.evaluate(made) == "TypeError"


async def test_right_to_left_text_keeps_its_own_direction(draw: Draw, store: SandboxStore) -> None:
    for minute in range(20):
        store.add(ALIAS, error="فشل الطلب 404 بسبب مهلة", created_at=NOW - timedelta(minutes=minute + 1))
    async with draw(since="24h") as drawn:
        words = drawn.page.locator(".bar .quoted").first
        await expect(words).to_contain_text("فشل")
        assert await words.evaluate("element => getComputedStyle(element).direction") == "rtl"
        assert await drawn.page.evaluate("getComputedStyle(document.body).direction") == "ltr"


async def test_the_page_makes_no_network_requests(draw_in_new_page: Draw) -> None:
    async with draw_in_new_page() as drawn:
        await figures(drawn.page)
        requests: list[str] = []
        drawn.host.on("request", lambda request: requests.append(request.url))
        url = drawn.host.url
        fetched = await drawn.page.evaluate("url => fetch(url).then(() => 'fetched', error => error.name)", url)
        assert fetched == "TypeError"
        assert requests == []
