"""How timestamps, durations, numbers and names are written."""

import pytest

from writer_jobs_mcp.results.formatting import (
    format_duration,
    format_percent,
    join_lines,
    join_words,
    pluralize,
    quote_unless_plain,
    rounded_share,
    safe_label,
    short_timestamp,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (3.94, "3.94 s"),
        (59.4, "59.4 s"),
        (59.6, "1 min"),
        (125, "2 min 5 s"),
        (3_599.6, "1 h"),
        (37_800, "10.5 h"),
        (54 * 3_600, "54 h"),
        (7 * 86_400, "7 d"),
        (2_000 * 86_400, "2,000 d"),
    ],
)
def test_a_duration_has_the_unit_that_a_reader_expects(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_a_timestamp_is_shortened_by_the_year_only_if_it_is_in_that_year() -> None:
    assert short_timestamp("2026-11-23T10:38:17Z", "2026-") == "11-23 10:38:17"
    assert short_timestamp("2025-11-23T10:38:17Z", "2026-") == "2025-11-23 10:38:17"


@pytest.mark.parametrize(
    ("part", "whole", "share"),
    [(0, 9, 0), (9, 9, 1), (1, 3, 0.333), (1, 100_000, 1e-05), (99_999, 100_000, 0.999)],
)
def test_only_none_is_a_share_of_0_and_only_all_is_a_share_of_1(part: int, whole: int, share: float) -> None:
    assert rounded_share(part, whole) == share


def test_a_percentage_has_the_digits_of_the_share() -> None:
    assert [format_percent(share) for share in (0, 1e-05, 0.333, 1)] == ["0%", "0.001%", "33.3%", "100%"]


@pytest.mark.parametrize("text", ["failed", "queued", "12345", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"])
def test_ids_and_documented_words_are_not_quoted(text: str) -> None:
    assert quote_unless_plain(text) == text


@pytest.mark.parametrize("text", ["my-alias", "Failed", "failed\n", "3f2504e0", "١٢٣"])
def test_any_other_word_is_quoted(text: str) -> None:
    assert quote_unless_plain(text).startswith('"')


def test_a_label_is_one_short_line() -> None:
    assert safe_label("in\nprogress") == "in progress"
    assert len(safe_label("x" * 1_000)) <= 40


def test_numbers_have_separators_and_plurals() -> None:
    assert [pluralize(number, "job") for number in (0, 1, 1_200)] == ["0 jobs", "1 job", "1,200 jobs"]


def test_parts_that_are_not_given_are_left_out() -> None:
    assert join_words("a", None, False, "", "b") == "a b"
    assert join_lines("a", None, False, "", "b") == "a\nb"
