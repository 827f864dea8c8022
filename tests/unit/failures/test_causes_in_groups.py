"""Groups never mix causes: no two errors with different known categories are in one."""

import random
import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.labelled_errors import LABELLED
from tests.data.reported_errors import PARTS, reported_errors
from writer_jobs_mcp.failures import Category, classify_error, group_failures

ERRORS: list[tuple[str, Category]] = [
    *((row.error, row.category) for row in LABELLED),
    *((row.error, row.category) for part in PARTS for row in reported_errors(part)),
]
WRAPPERS = ("{}", "RuntimeError({!r})", 'Step 3 failed: "{}"', "Task 8f1c returned '{}' at 10:38", "job 7: {} (step 2)")
_NUMBER_BUT_STATUS = re.compile(r"(?<![\w.])(?![45]\d\d\b)\d{1,9}(?![\w.])")


def mixed(errors: Sequence[tuple[str, Category]]) -> list[set[str]]:
    """Return the known categories of each group that has several."""
    groups = group_failures([error for error, _ in errors])
    found = [{errors[member][1] for member in group.members} - {"unknown"} for group in groups]
    return [categories for categories in found if len(categories) > 1]


def test_no_group_of_all_labelled_errors_has_two_known_categories() -> None:
    assert mixed(ERRORS) == []


@given(st.lists(st.sampled_from(ERRORS), min_size=2, max_size=30), st.randoms(use_true_random=False))
def test_no_group_of_any_labelled_errors_with_other_numbers_has_two_known_categories(
    errors: list[tuple[str, Category]], r: random.Random
) -> None:
    def renumber(error: str) -> str:
        return _NUMBER_BUT_STATUS.sub(lambda _: str(r.randrange(1_000, 9_999)), error)

    assert mixed([(renumber(error), category) for error, category in errors * 3]) == []


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_no_group_of_wrapped_errors_has_two_causes_that_the_classifier_knows(wrapper: str) -> None:
    errors = [wrapper.format(error) for error, _ in ERRORS]
    assert mixed([(error, classify_error(error).category) for error in errors if len(error) < 1_000]) == []
