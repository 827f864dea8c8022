"""How untrusted text is made safe to show."""

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.secret_texts import PARTS
from writer_jobs_mcp.sanitize.text import one_line, sanitize, strip_invisible
from writer_jobs_mcp.sanitize.truncate import sanitize_and_truncate


@pytest.mark.slow
@settings(max_examples=300)
@given(st.lists(PARTS, max_size=40).map("".join), st.integers(2, 130))
def test_a_preview_is_the_beginning_of_the_sanitized_text(text: str, limit: int) -> None:
    whole = one_line(sanitize(text.lstrip()[: limit * 20]))
    shown, is_cut = sanitize_and_truncate(text, limit)
    if is_cut:
        assert shown == whole[: limit - 1].rstrip() + "…"
    else:
        assert shown == whole
        assert len(whole) <= limit


@pytest.mark.slow
def test_exactly_the_control_and_invisible_characters_are_dropped() -> None:
    # Beyond the first two planes and tags: the noncharacters, and a sample of ideographs, free and private code points.
    sample = range(0x20000, sys.maxunicode + 1, 32)
    noncharacters = [plane + last for plane in range(0, sys.maxunicode, 0x10000) for last in (0xFFFE, 0xFFFF)]
    characters = set(map(chr, [*range(0x20000), *range(0xE0000, 0xE2000), *sample, *noncharacters]))
    hidden = {each for each in characters if not strip_invisible(each)}
    controls = {each for each in characters if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Co"}}
    breaks = set("\n\t\r\x0b\x0c\x1c\x1d\x1e\x85")
    assert controls - breaks == hidden & controls
    # Variation selectors, fillers, the blank Braille pattern, and what plane 14 may hold one day.
    assert {unicodedata.category(each) for each in hidden - controls} == {"Mn", "Lo", "So", "Cn"}
    assert len(hidden - controls) < 4_500
