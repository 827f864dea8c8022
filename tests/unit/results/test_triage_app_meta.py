"""The data of the triage page: statuses as in the report, and no chart without a timeline."""

from datetime import UTC, datetime, timedelta

from writer_jobs_mcp.results.triage_app_meta import META_KEY, pinned_window, triage_app_meta
from writer_jobs_mcp.triage.report import Window
from writer_jobs_mcp.triage.timeline import Histogram

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(days=1, microseconds=500_000))
EXACT = {"since": "2026-11-23T08:00:00Z", "until": "2026-11-24T08:00:00.500000Z"}


def test_statuses_that_the_report_does_not_show_are_added_up_as_other() -> None:
    timeline = Histogram(START, 900, {"failed": (1, 0), "odd": (2, 3), "strange": (0, 4)})
    assert triage_app_meta(timeline, {"failed"}, WINDOW, offers_retry=True) == {
        META_KEY: {
            "can_retry": True,
            "window": EXACT,
            "timeline": {
                "start": "2026-11-23T08:00:00Z",
                "step_seconds": 900,
                "counts": {"failed": [1, 0], "other": [2, 7]},
            },
        }
    }


def test_without_a_timeline_the_page_gets_no_chart() -> None:
    page = triage_app_meta(None, {"failed"}, WINDOW, offers_retry=False)
    assert page == {META_KEY: {"can_retry": False, "window": EXACT}}


def test_an_open_window_is_pinned_after_its_newest_failure() -> None:
    now, second = WINDOW.until, timedelta(seconds=1)
    assert now is not None
    assert pinned_window(WINDOW, now + second, [now + second]) == WINDOW
    assert pinned_window(Window(None, None), now, [now - second]) == Window(None, now)
    assert pinned_window(Window(None, None), now, []) == Window(None, now)
    ahead = now + second
    assert pinned_window(Window(None, None), now, [ahead]) == Window(None, ahead + timedelta.resolution)
    end_of_time = datetime.max.replace(tzinfo=UTC)
    assert pinned_window(Window(None, None), now, [end_of_time]) == Window(None, end_of_time)
