"""How a message is split into tokens, in linear time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from writer_jobs_mcp.failures.grouping import tokenize

PATTERN, scan = tokenize._TOKEN_PATTERN, tokenize._scan  # pyright: ignore[reportPrivateUsage]

# fmt: off
MARKS = [
    '"', "'", "`", "“", "”", "«", "»", "„", "「", "」", "\\", '\\"', ",", ", ", "a, b", ".", " ", "\n", "@", "x@y.z", "a://",
    "/a", "a", "bc", "d1", ": ", "[", "]", "{", "}", "=", "|",
]
# fmt: on


@pytest.mark.slow
@settings(max_examples=500)
@given(st.lists(st.sampled_from(MARKS), max_size=60).map("".join), st.integers(1, 3))
def test_unclosed_quotation_marks_do_not_change_the_tokens(text: str, times: int) -> None:
    # The pattern alone finds the same, but takes too long for a long text of such marks.
    expected = [token.span() for token in PATTERN.finditer(text * times) if token.lastgroup != "unclosed"]
    assert [token.span() for token in scan(text * times)] == expected
