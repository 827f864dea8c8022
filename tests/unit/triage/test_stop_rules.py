"""When a scan stops, decided from the pages it has read."""

from datetime import timedelta

import pytest

from tests.helpers.pages import NOON, page
from writer_jobs_mcp.triage.stop_rules import Stop, StopRules, TimeOrder

HUNDRED = "x" * 100


def order_of(*minutes_ago: int) -> TimeOrder:
    order = TimeOrder()
    for minutes in minutes_ago:
        order.note(NOON - timedelta(minutes=minutes))
    return order


# The end of the list


def test_an_empty_page_is_the_end() -> None:
    assert StopRules().after_page(page(""), 100, 100, 100) == Stop("end")


@pytest.mark.parametrize(
    ("total", "limit", "page_size", "is_end"),
    [
        (150, 100, 100, True),
        (150, None, 100, True),
        (150, 50, 100, False),
        (151, 100, 100, False),
        (None, 100, 100, False),
    ],
    ids=["short of the limit", "short of earlier pages", "as long as the limit", "more to come", "no total"],
)
def test_a_total_ends_the_scan_only_after_a_short_page(
    total: int | None, limit: int | None, page_size: int, is_end: bool
) -> None:
    last = page("x" * 50, total=total, limit=limit)
    assert StopRules().after_page(last, 150, page_size, 150) == (Stop("end") if is_end else None)


def test_a_total_below_the_rows_read_is_ignored_from_then_on() -> None:
    rules = StopRules()
    rules.note_total(7, 100)
    assert (rules.expected_total, rules.expects_row_at(1_000)) == (None, True)
    assert rules.after_page(page("x" * 50, total=150, limit=100), 150, 100, 150) is None


@pytest.mark.parametrize(("totals", "has_changed"), [((300, 300), False), ((300, 301), True), ((None, 300), False)])
def test_a_total_that_changes_shows_that_the_list_has(totals: tuple[int | None, int | None], has_changed: bool) -> None:
    rules = StopRules()
    rules.note_total(totals[0], 100)
    assert rules.note_total(totals[1], 200) is has_changed


# since, max_jobs


def test_a_scan_stops_at_since_once_ten_jobs_in_a_row_are_older() -> None:
    rules = StopRules(since=NOON - timedelta(minutes=5), order=order_of(*range(15)))
    assert rules.after_page(page(HUNDRED), 100, 100, 100) is None
    rules.order.note(NOON - timedelta(minutes=15))
    assert rules.after_page(page(HUNDRED), 200, 100, 200) == Stop("since")


def test_a_list_in_another_order_is_not_stopped_at_since() -> None:
    rules = StopRules(since=NOON, order=order_of(*range(15, 0, -1)))
    assert rules.after_page(page(HUNDRED), 100, 100, 100) is None


def test_max_jobs_stops_the_scan_only_before_one_job_more() -> None:
    rules = StopRules(max_jobs=3)
    assert [rules.before_job(NOON) for _ in range(4)] == [None, None, None, Stop("max_jobs")]


def test_older_jobs_that_are_to_be_read_as_well_are_not_limited_by_max_jobs() -> None:
    rules = StopRules(since=NOON, max_jobs=1, min_older=2)
    stops = [rules.before_job(NOON - timedelta(minutes=minutes)) for minutes in (0, 1, 2, 3, 0)]
    assert stops == [None, None, None, None, Stop("max_jobs")]


def test_no_row_is_expected_beyond_max_jobs_or_the_total() -> None:
    rules = StopRules(max_jobs=300, start=50)
    assert (rules.expects_row_at(349), rules.expects_row_at(350)) == (True, False)
    rules.note_total(200, 100)
    assert (rules.expects_row_at(199), rules.expects_row_at(200)) == (True, False)


# Stuck


def repeat(rules: StopRules, times: int) -> None:
    for _ in range(times):
        rules.note_page(is_repeated=True, new_jobs=0, has_unreadable=False)


def test_the_third_repeated_page_stops_the_scan() -> None:
    rules = StopRules()
    repeat(rules, 2)
    assert rules.after_page(page(HUNDRED), 300, 100, 100) is None
    repeat(rules, 1)
    stop = rules.after_page(page(HUNDRED), 400, 100, 100)
    assert stop
    assert (stop.by, "the same jobs for different offsets" in stop.error) == ("upstream_error", True)


def test_repeated_pages_are_the_end_if_all_jobs_were_read() -> None:
    rules = StopRules()
    rules.note_total(100, 100)
    repeat(rules, 3)
    assert rules.after_page(page(HUNDRED, total=100), 400, 100, 100) == Stop("end")


def test_pages_without_a_new_job_stop_the_scan_though_no_two_in_a_row_are_alike() -> None:
    rules = StopRules()
    stops: list[Stop | None] = []
    for number in range(30):
        rules.note_page(is_repeated=False, new_jobs=0, has_unreadable=False)
        stops.append(rules.after_page(page(HUNDRED), 100 * number, 100, 200))
    assert sum(stop is None for stop in stops) == 22, "as many as the 200 jobs read and the 20 steps back fill"


def test_the_scan_stops_after_twenty_steps_back() -> None:
    rules = StopRules()
    assert [rules.note_step_back() for _ in range(20)] == [None] * 20
    stop = rules.note_step_back()
    assert stop
    assert stop.error.startswith("Writer's pages do not overlap")


def test_a_new_job_allows_twenty_steps_back_again() -> None:
    rules = StopRules()
    for _ in range(20):
        rules.note_step_back()
    rules.note_page(is_repeated=False, new_jobs=1, has_unreadable=False)
    assert rules.note_step_back() is None


# The order of time


def test_jobs_are_newest_first_if_a_time_decreases_and_none_increases() -> None:
    assert [order_of(*minutes).is_newest_first for minutes in ([1, 2, 2], [1, 1], [1, 2, 1])] == [True, False, False]


def test_ten_jobs_show_how_far_back_the_list_was_read() -> None:
    assert order_of(*range(9)).read_back_to is None
    assert order_of(*range(12)).read_back_to == NOON - timedelta(minutes=2)


def test_the_oldest_job_is_the_last_unless_its_date_is_far_off() -> None:
    assert order_of(1, 2, 3).oldest == NOON - timedelta(minutes=3)
    assert order_of(1, 2, 100_000).oldest == NOON - timedelta(minutes=1)
    assert order_of(2, 1).oldest is None
