"""Untrusted text in the reports of triage and failures: sanitized, and in Markdown nothing but code."""

import json
from collections.abc import Iterator

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.conftest import NOW
from tests.data.hostile_texts import HOSTILE_TEXTS, MARKER
from tests.fakes.hostile_api import HostileApi
from tests.helpers.command import run_main, settings_for
from tests.helpers.facts import missing_facts
from tests.helpers.text_layout import unsafe_characters
from writer_jobs_mcp.sandbox import serve

WHOLE_LIST = ("--since", "all", "--until", NOW.isoformat())
READER = MarkdownIt("commonmark", {"html": True}).enable("table")
OUR_MARKUP = {
    *("inline", "text", "text_special", "code_inline", "softbreak", "strong_open", "strong_close"),
    *(f"{block}_{end}" for block in ("paragraph", "bullet_list", "list_item") for end in ("open", "close")),
    *(f"{part}_{end}" for part in ("table", "thead", "tbody", "tr", "th", "td") for end in ("open", "close")),
}
SHORT_TEXTS = {name: each.text for name, each in HOSTILE_TEXTS.items() if len(each.text) < 1_000}  # as ids


def tokens_of(markdown: str) -> Iterator[Token]:
    for block in READER.parse(markdown):
        yield block
        yield from block.children or []


@pytest.mark.parametrize("text", SHORT_TEXTS.values(), ids=SHORT_TEXTS)
async def test_text_of_jobs_is_sanitized_and_no_markup(text: str) -> None:
    commands = {"triage a": "markdown", "triage": "markdown", "failures a": "csv"}
    printed: dict[tuple[str, str], str] = {}
    async with serve(HostileApi(text)) as url:
        for command, other in commands.items():
            for form in ("text", "json", other):
                done = await run_main(*command.split(), *WHOLE_LIST, "--format", form, **settings_for(url))
                printed[command, form] = done.stdout
    for command in ("triage a", "triage"):
        tokens = list(tokens_of(printed[command, "markdown"]))
        assert {token.type for token in tokens} <= OUR_MARKUP
        shown = " ".join(token.content for token in tokens if token.type != "inline")
        assert missing_facts(json.loads(printed[command, "json"]), shown) == []
    assert [each for each in printed.values() if unsafe_characters(each.replace("\r\n", "\n"))] == []
    has_usable_id = bool(json.loads(printed["triage", "json"])["applications"])
    without_text = {command for command, each in printed.items() if MARKER not in each}
    assert without_text == (set() if has_usable_id else {("triage", form) for form in ("text", "json", "markdown")})
