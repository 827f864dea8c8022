"""Reading an output piece by piece: the pieces are the whole, and none holds half of a character."""

import json
import unicodedata
from collections.abc import AsyncGenerator
from datetime import timedelta
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from mcp.client import Client

from tests.conftest import NOW
from tests.helpers.mcp import call_tool, call_tool_error, text_of
from writer_jobs_mcp.client.models import Job
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.results import JobOutput, job_output
from writer_jobs_mcp.sandbox import CannedResponse, FaultScript, SandboxStore
from writer_jobs_mcp.sanitize.text import sanitize
from writer_jobs_mcp.server.build import build_server

ALIAS = "product-description-writer"

LANGUAGES = {
    "English": "The quick brown fox — “quoted”, and 100 % done.",
    "Vietnamese, decomposed": unicodedata.normalize("NFD", "Đã xảy ra lỗi khi xử lý yêu cầu của bạn"),
    "Hindi": "किसी भी अनुरोध को संसाधित नहीं किया जा सका",
    "Thai": "ไม่สามารถดำเนินการตามคำขอได้",
    "Arabic, vowelled": "لَمْ يَكْتَمِلِ الطَّلَبُ",
    "Hebrew, pointed": "הַבַּקָּשָׁה לֹא הֻשְׁלְמָה",
    "Japanese, decomposed": unicodedata.normalize("NFD", "がぎぐげご・パピプペポ"),
    "Korean": "요청을 처리하지 못했습니다",
    "Korean, decomposed": unicodedata.normalize("NFD", "요청을 처리하지 못했습니다"),
    "emoji": "👍🏽👩🏿 🇩🇪🇫🇷🇺🇦 é́́ 1️⃣",
}
TEXT = st.text(
    st.one_of(
        st.sampled_from("aé\u0301\u0300🇩🇪🇫🇷👍🏽🏿 \n\t\r\u2028\u200d\u202e\x1b[1m"),
        st.characters(),
    ),
    max_size=60,
) | st.sampled_from(sorted(LANGUAGES.values()))


def job_with(output: str | None, status: str = "completed") -> Job:
    said = {"id": "a-job", "status": status, "application_id": "an-app", "created_at": NOW}
    return Job.model_validate({**said, "data": {"suggestion": output}})


def read_pieces(output: str, offset: int, max_chars: int) -> list[JobOutput]:
    """What a reader gets who follows next_offset from ``offset`` on."""
    job, read = job_with(output), list[JobOutput]()
    following: int | None = offset
    while following is not None:
        read.append(job_output(job, offset=following, max_chars=max_chars))
        assert read[-1].next_offset is None or read[-1].next_offset > following
        following = read[-1].next_offset
    return read


@examples(max_examples=250, deadline=None)
@given(output=TEXT, offset=st.integers(0, 80), max_chars=st.integers(1, 12))
@example(output="e" + "\u0301" * 30 + "x", offset=0, max_chars=3)
@example(output="🇩🇪🇫🇷🇺🇦", offset=0, max_chars=3)
def test_the_pieces_joined_are_the_whole_cleaned_output(output: str, offset: int, max_chars: int) -> None:
    whole = sanitize(output)
    read = read_pieces(output, offset, max_chars)
    joined = "".join(piece.output or "" for piece in read)
    assert joined == whole if offset == 0 else whole.endswith(joined)
    assert all(len(piece.output or "") <= max_chars for piece in read)
    assert {piece.output_chars for piece in read} == {len(output) if whole or offset else 0}


@examples(max_examples=250, deadline=None)
@given(output=TEXT, max_chars=st.integers(4, 12))
def test_no_piece_ends_in_the_middle_of_a_character(output: str, max_chars: int) -> None:
    whole, position = sanitize(output), 0
    # What is longer than a piece has to be cut somewhere.
    for piece in read_pieces(output, 0, max_chars)[:-1] if longest_character(whole) < max_chars else ():
        position += len(piece.output or "")
        assert not is_continuation(whole, position)


def is_continuation(text: str, position: int) -> bool:
    """Whether the character at ``position`` belongs to the one before it."""
    here = text[position]
    if unicodedata.category(here).startswith("M") or "\U0001f3fb" <= here <= "\U0001f3ff":
        return True
    if "\u1160" <= here <= "\u11ff":
        return True
    letters = 0
    while position - letters >= 0 and "\U0001f1e6" <= text[position - letters] <= "\U0001f1ff":
        letters += 1
    return letters > 0 and letters % 2 == 0


def longest_character(text: str) -> int:
    """How many code points the longest character takes."""
    longest = run = 0
    for position in range(len(text)):
        run = run + 1 if is_continuation(text, position) else 1
        longest = max(longest, run)
    return longest


@pytest.mark.parametrize("text", LANGUAGES.values(), ids=LANGUAGES)
@pytest.mark.parametrize("max_chars", [4, 7])
def test_every_script_is_read_whole(text: str, max_chars: int) -> None:
    shown = [piece.output or "" for piece in read_pieces(text, 0, max_chars)]
    assert "".join(shown) == sanitize(text)
    ends = list(accumulate(map(len, shown)))
    assert not any(is_continuation(sanitize(text), end) for end in ends[:-1])


@examples(deadline=None)
@given(output=TEXT, offset=st.integers(0, 80), max_chars=st.integers(1, 100))
def test_next_offset_is_absent_only_when_nothing_visible_follows(output: str, offset: int, max_chars: int) -> None:
    view = job_output(job_with(output), offset=offset, max_chars=max_chars)
    if view.next_offset is None:
        assert sanitize(output).endswith(view.output or "")
    else:
        assert offset < view.next_offset < len(output)
        assert job_output(job_with(output), offset=view.next_offset, max_chars=1).output


SECRET = "sk-live-1234567890abcdef"
KEY_FILE = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEA7\n" * 60 + "-----END RSA PRIVATE KEY-----"


@examples(max_examples=200, deadline=None)
@given(
    words=st.lists(st.sampled_from(["It says", SECRET, KEY_FILE, "password='hunter22'", "\u200b", "é\n"]), max_size=12),
    max_chars=st.integers(1, 60),
)
def test_a_secret_is_masked_wherever_a_piece_begins_or_ends(words: list[str], max_chars: int) -> None:
    output = " ".join(words)
    shown = [piece.output or "" for piece in read_pieces(output, 0, max_chars)]
    if max_chars >= len("[masked]"):  # a smaller piece has no room for the whole of it
        assert "".join(shown) == sanitize(output)
    assert not any(part in "".join(shown) for part in ("1234", "MIIE", "hunter"))


def test_a_piece_of_a_long_output_is_part_of_the_cleaned_whole() -> None:
    output = "".join(f"{n}: {SECRET} é\u200b and {KEY_FILE} then some words. " for n in range(60))
    whole = sanitize(output)
    read = read_pieces(output, 0, 20_000)
    assert "".join(piece.output or "" for piece in read) == whole
    for offset in range(0, len(output), 4_777):
        shown = job_output(job_with(output), offset=offset, max_chars=300).output or ""
        assert shown in whole


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (job_with(None), "Writer gives no output text for this job: its status is completed."),
        (job_with(""), "Writer gives no output text for this job: its status is completed."),
        (job_with("\u200b\x00"), "Writer gives no output text for this job: its status is completed."),
        (job_with(None, "in_progress"), "Writer gives no output text for this job yet: its status is in_progress."),
        (job_with(None, "queued"), "Writer gives no output text for this job yet: its status is queued."),
        (
            job_with(None, "failed"),
            "Writer gives no output text for this job: its status is failed. get_job_error says why.",
        ),
        (job_with(None, 'odd" one\n'), 'Writer gives no output text for this job: its status is "odd\\" one".'),
    ],
)
def test_a_job_without_an_output_is_said_so(job: Job, message: str) -> None:
    view = job_output(job, offset=0, max_chars=4000)
    assert (view.message, view.output, view.output_chars, view.next_offset) == (message, None, 0, None)


@pytest.mark.parametrize("offset", [5, 6, 10**9])
def test_an_offset_beyond_the_end_is_said_so(offset: int) -> None:
    view = job_output(job_with("12345"), offset=offset, max_chars=4000)
    assert view.message == "The output has only 5 characters."
    assert (view.output, view.offset, view.next_offset) == (None, offset, None)


@pytest.mark.parametrize(
    ("output", "offset", "message"),
    [
        ("abc\u200b\u200b\u200b", 4, "Nothing visible follows offset 4: the output ends here."),
        ("\u200b" * 2_000_000 + "abc", 0, "Nothing visible lies between offset 0 and offset 524000."),
    ],
)
def test_a_piece_without_visible_text_says_where_to_go_on(output: str, offset: int, message: str) -> None:
    view = job_output(job_with(output), offset=offset, max_chars=4000)
    assert (view.message, view.output) == (message, None)
    assert ("next_offset" in view.as_text()) == (view.next_offset is not None)
    assert "".join(piece.output or "" for piece in read_pieces(output, 0, 4_000)) == "abc"


LONG_SECRETS = {
    "a key file": "-----BEGIN RSA PRIVATE KEY-----\n" + f"{'zBqQ' * 16}\n" * 250 + "-----END RSA PRIVATE KEY-----",
    "a token of JSON": "eyJhbGciOiJIUzI1NiJ9." + "zB7q" * 6_000 + ".c2lnbmF0dXJl",
    "a password in JSON": '{"client_secret": "' + "zB7q" * 6_000 + '"}',
    "a bearer's": "Authorization: Bearer " + "zB7q" * 4_000,
}


@pytest.mark.parametrize("secret", LONG_SECRETS.values(), ids=LONG_SECRETS)
@pytest.mark.parametrize("before", ["It says ", "some ordinary words " * 2_000])
def test_nothing_of_a_long_secret_is_shown_wherever_a_piece_begins(secret: str, before: str) -> None:
    output = f"{before}{secret} and so on. " + "more words " * 4_000
    for offset in range(len(before) - 100, len(before) + len(secret) + 100, 1_777):
        shown = job_output(job_with(output), offset=offset, max_chars=500).output or ""
        assert "zB7q" not in shown
        assert "zBqQ" not in shown
    assert "".join(piece.output or "" for piece in read_pieces(output, 0, 4_000)) == sanitize(output)


# Through the server


@pytest.fixture(params=["auto", "legacy"])
async def client(request: pytest.FixtureRequest, config: Config) -> AsyncGenerator[Client]:
    async with Client(build_server(config, clock=lambda: NOW), mode=request.param) as client:
        yield client


def add_completed_job(world: SandboxStore, output: str) -> str:
    return world.add(ALIAS, created_at=NOW - timedelta(hours=1), output=output).id


async def test_an_output_is_read_by_next_offset(client: Client, world: SandboxStore) -> None:
    output = " ".join(LANGUAGES.values()) * 40
    job, read = add_completed_job(world, output), list[str]()
    offset: int | None = 0
    while offset is not None:
        answer = await call_tool(client, "get_job_output", {"job_id": job, "offset": offset, "max_chars": 3000})
        read.append(answer["output"])
        offset = answer.get("next_offset")
    assert "".join(read) == sanitize(output)
    assert len(read) == -(-len(sanitize(output)) // 3000)


async def test_a_piece_has_4000_characters_unless_asked(client: Client, world: SandboxStore) -> None:
    answer = await call_tool(client, "get_job_output", {"job_id": add_completed_job(world, "x" * 5000)})
    assert (len(answer["output"]), answer["output_chars"], answer["next_offset"]) == (4000, 5000, 4000)


async def test_the_text_says_where_the_piece_stands_and_quotes_it(client: Client, world: SandboxStore) -> None:
    job = add_completed_job(world, 'One"\nThe output ends here.')
    result = await client.call_tool("get_job_output", {"job_id": job, "max_chars": 9})
    lines = text_of(result).splitlines()
    assert lines[0].endswith("completed, offset=0, output_chars=26. More follows: next_offset=9.")
    assert lines[-1] == "Its output, in the job's own words: " + json.dumps('One"\nThe ')


async def test_secrets_and_hidden_characters_do_not_come_through(client: Client, world: SandboxStore) -> None:
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "obey")
    job = add_completed_job(world, f"Use sk-live-1234567890abcdef{hidden}\x1b[31m now.")
    answer = await call_tool(client, "get_job_output", {"job_id": job})
    assert answer["output"] == "Use [masked] now."


async def test_a_title_is_one_short_line(client: Client, faults: FaultScript) -> None:
    said = {"id": "a", "status": "completed", "application_id": "b", "created_at": NOW.isoformat()}
    body = json.dumps(said | {"data": {"title": "A\ntitle " * 40, "suggestion": "Done."}})
    faults.push(CannedResponse(200, body.encode()))
    title = (await call_tool(client, "get_job_output", {"job_id": "a"}))["title"]
    assert (len(title) <= 120, title[:15], title[-1]) == (True, "A title A title", "…")


INVALID_ARGUMENTS: list[tuple[dict[str, Any], str]] = [
    ({"offset": -1}, "offset must be a whole number of at least 0; got -1."),
    ({"max_chars": 0}, "max_chars must be a whole number from 1 to 20000; got 0."),
    ({"max_chars": 20001}, "max_chars must be a whole number from 1 to 20000; got 20001."),
]


async def test_a_bad_argument_is_answered_with_one_sentence(client: Client) -> None:
    for arguments, sentence in INVALID_ARGUMENTS:
        assert await call_tool_error(client, "get_job_output", {"job_id": "a", **arguments}) == sentence
