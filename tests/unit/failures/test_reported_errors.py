"""The two halves of the reported errors: large enough, split by hash, and none of them known from elsewhere."""

from collections import Counter
from hashlib import sha256
from typing import get_args

import pytest

from benchmarks.causes import outcomes
from tests.data.labelled_errors import LABELLED
from tests.data.reported_errors import Half, Part, reported_errors
from writer_jobs_mcp.failures import Category
from writer_jobs_mcp.failures.classify.categories import ADVICE

_LANGUAGES = {"en", "de", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "zh"}
_BOTH = [*reported_errors("tuned"), *reported_errors("held_out")]

each_half = pytest.mark.parametrize("half", get_args(Half))


def test_there_are_enough_texts_and_none_is_there_twice() -> None:
    assert len(_BOTH) >= 400
    assert [text for text, times in Counter(row.error for row in _BOTH).items() if times > 1] == []


@each_half
def test_the_hash_of_a_text_decides_its_half(half: Half) -> None:
    halves = {"held_out" if sha256(row.error.encode()).digest()[0] % 2 else "tuned" for row in reported_errors(half)}
    assert halves == {half}


@each_half
def test_the_texts_are_sorted(half: Half) -> None:
    rows = [(row.language, row.category, row.error) for row in reported_errors(half)]
    assert rows == sorted(rows)


def test_no_text_is_one_that_the_rules_were_made_from() -> None:
    assert {row.error for row in _BOTH}.isdisjoint(row.error for row in LABELLED)


def test_each_text_has_a_source_and_a_retry_that_has_advice() -> None:
    assert [row for row in _BOTH if len(row.source) < 2 or (row.category, row.retry) not in ADVICE] == []


def test_a_second_category_is_another_one() -> None:
    seconds = {(row.category, row.also) for row in _BOTH if row.also}
    assert seconds
    assert all(also in get_args(Category) and also != category for category, also in seconds)


@each_half
def test_every_language_and_category_is_in_each_half(half: Half) -> None:
    rows = reported_errors(half)
    by_language = Counter(row.language for row in rows)
    assert set(by_language) == _LANGUAGES
    assert min(by_language.values()) >= 10
    assert min(Counter(row.category for row in rows)[category] for category in get_args(Category)) >= 10


@pytest.mark.parametrize("part", ["held_out", "fresh"])
def test_texts_that_no_rule_was_made_from_are_understood(part: Part) -> None:
    """Figures only: these texts are read by nobody who makes rules."""
    found = outcomes(part)
    wrong = sum(not each.right and not each.missed for each in found)
    by_language: dict[str, list[bool]] = {}
    for each in found:
        by_language.setdefault(each.row.language, []).append(each.right)
    assert sum(each.right for each in found) / len(found) >= 0.85
    assert wrong / len(found) <= 0.045
    assert min(sum(fits) / len(fits) for fits in by_language.values()) >= 0.7
