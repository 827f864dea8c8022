"""The data of the triage page: statuses as in the report, and no chart without a timeline."""

from datetime import UTC, datetime

from writer_jobs_mcp.results.triage_app_meta import META_KEY, triage_app_meta
from writer_jobs_mcp.triage.timeline import Histogram

START = datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_statuses_that_the_report_does_not_show_are_added_up_as_other() -> None:
    timeline = Histogram(START, 900, {"failed": (1, 0), "odd": (2, 3), "strange": (0, 4)})
    assert triage_app_meta(timeline, {"failed"}, offers_retry=True) == {
        META_KEY: {
            "can_retry": True,
            "timeline": {
                "start": "2026-11-23T08:00:00Z",
                "step_seconds": 900,
                "counts": {"failed": [1, 0], "other": [2, 7]},
            },
        }
    }


def test_without_a_timeline_the_page_gets_no_chart() -> None:
    assert triage_app_meta(None, {"failed"}, offers_retry=False) == {META_KEY: {"can_retry": False}}
