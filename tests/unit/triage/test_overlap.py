"""Whether two pages of a list that changes can have a gap between them."""

import pytest

from tests.helpers.pages import page
from writer_jobs_mcp.triage.overlap import PageEnd

ABCD = PageEnd.of(page("ABCD"), offset=0)


@pytest.mark.parametrize(
    "following", ["DEFG", "CDEF", "ABCD", "XA"], ids=["unchanged", "arrival", "repeat", "far back"]
)
def test_pages_with_a_job_in_common_join(following: str) -> None:
    assert ABCD.joins(page(following))


@pytest.mark.parametrize("following", ["EFGH", "E"])
def test_pages_without_a_job_in_common_do_not_join(following: str) -> None:
    assert not ABCD.joins(page(following))


def test_an_empty_page_joins_every_page() -> None:
    assert ABCD.joins(page(""))
    assert PageEnd.of(page(""), offset=0).joins(page("AB"))


@pytest.mark.parametrize(("between", "joins"), [("BCEF", True), ("BCXY", False), ("XYEF", False)])
def test_a_page_between_joins_two_pages_only_if_it_has_jobs_of_both(between: str, joins: bool) -> None:
    assert ABCD.joins_through(page(between), page("EFGH")) is joins


def test_an_unreadable_row_joins_pages_only_at_its_expected_offset() -> None:
    last = PageEnd.of(page("AB?"), offset=0)
    assert last.joins(page("?CD"))
    assert not last.joins(page("C?D"))
    assert last.joins(page("??"))


def test_only_a_page_with_the_same_rows_is_a_repeat() -> None:
    assert ABCD.is_repeated_by(page("ABCD"))
    assert not ABCD.is_repeated_by(page("ABC"))
    assert not PageEnd.of(page(""), offset=0).is_repeated_by(page(""))


def test_a_page_ends_where_the_next_begins() -> None:
    assert PageEnd.of(page("ABCD"), offset=30).next_offset == 34
