"""Markdown of results: untrusted text is code and nothing else, whatever it holds."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.data.hostile_texts import HOSTILE_TEXTS, TEXTS
from writer_jobs_mcp.results.markdown import prose, table
from writer_jobs_mcp.sanitize.text import json_quote, sanitize

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
SHORT = [each.text for each in HOSTILE_TEXTS.values() if len(each.text) < 5_000]
MARKUP = st.text(alphabet="`|\\\"'[]()<>!*_~#&;: @ab\n-=+1.", max_size=30)


def inline_tokens(markdown: str) -> list[tuple[str, str]]:
    """Return the type and the text of everything inside the blocks."""
    return [(each.type, each.content) for block in READER.parse(markdown) for each in block.children or []]


def check_is_one_quotation(markdown: str, text: str) -> None:
    assert inline_tokens(markdown) == [("text", "words "), ("code_inline", json_quote(text)), ("text", " words")]


@pytest.mark.parametrize("text", [*SHORT, "", " ", "`", "``", "|", "\\|", "\\\\|", "` | ``", "a\\"], ids=repr)
def test_quoted_text_is_one_code_span(text: str) -> None:
    shown = sanitize(text)
    check_is_one_quotation(prose(f"words {json_quote(shown)} words"), shown)


@given(st.one_of(MARKUP, TEXTS).map(sanitize))
def test_no_text_leaves_its_code_span(text: str) -> None:
    check_is_one_quotation(prose(f"words {json_quote(text)} words"), text)


@given(st.lists(st.one_of(MARKUP, TEXTS).map(sanitize), min_size=2, max_size=2))
def test_no_text_breaks_a_table(texts: list[str]) -> None:
    markdown = table(["first", "second"], [[json_quote(each) for each in texts]] * 2)
    blocks = [each.type for each in READER.parse(markdown) if each.type.endswith("_open")]
    row = ["tr_open", "td_open", "td_open"]
    assert blocks == ["table_open", "thead_open", "tr_open", "th_open", "th_open", "tbody_open", *row, *row]
    code = [content for kind, content in inline_tokens(markdown) if kind == "code_inline"]
    assert [json.loads(each) for each in code] == [*texts, *texts]


@pytest.mark.parametrize(
    "words", ["<id>: 5", "a*b*c", "[id]", "_all_", "in_progress 5, stopped_by=end", "~~5~~", "a | b", "&lt;", "\\*"]
)
def test_our_own_words_are_shown_as_they_are(words: str) -> None:
    tokens = inline_tokens(prose(words))
    assert {kind for kind, _ in tokens} <= {"text", "text_special"}
    assert "".join(content for _, content in tokens) == words


def test_the_number_of_a_row_is_no_link_to_an_issue() -> None:
    assert inline_tokens(prose("in #12 8")) == [("text", "in "), ("code_inline", "#12"), ("text", " 8")]
