"""get_job_output reads an output in pieces: no character is lost or split, and no secret is shown."""

import json
import unicodedata
from datetime import timedelta
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mcp.client import Client

from tests.conftest import ALIAS, NOW
from tests.helpers.jobs import job_response, make_job
from tests.helpers.mcp import call_tool, call_tool_error, text_of
from tests.helpers.tally import gate_or_full
from writer_jobs_mcp.client.models import Job
from writer_jobs_mcp.results.job_output import JobOutput, job_output
from writer_jobs_mcp.sandbox import CannedResponse, FaultScript, SandboxStore
from writer_jobs_mcp.sanitize.text import sanitize

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
    data = {"suggestion": output}
    return Job.model_validate(make_job(0, status, seconds=None, id="a-job", application_id="an-app", data=data))


def read_pieces(output: str, offset: int, max_chars: int) -> list[JobOutput]:
    """Return all pieces from ``offset`` on."""
    job, read = job_with(output), list[JobOutput]()
    following: int | None = offset
    while following is not None:
        read.append(job_output(job, offset=following, max_chars=max_chars))
        assert read[-1].next_offset is None or read[-1].next_offset > following
        following = read[-1].next_offset
    return read


@settings(max_examples=gate_or_full(80, 250))
@given(output=TEXT, offset=st.integers(0, 80), max_chars=st.integers(1, 12))
@example(output="e" + "\u0301" * 30 + "x", offset=0, max_chars=3)
@example(output="🇩🇪🇫🇷🇺🇦", offset=0, max_chars=3)
def test_the_joined_pieces_are_the_whole_sanitized_output(output: str, offset: int, max_chars: int) -> None:
    whole = sanitize(output)
    read = read_pieces(output, offset, max_chars)
    joined = "".join(piece.output or "" for piece in read)
    assert joined == whole if offset == 0 else whole.endswith(joined)
    assert all(len(piece.output or "") <= max_chars for piece in read)
    assert {piece.output_chars for piece in read} == {len(output) if whole or offset else 0}


@settings(max_examples=gate_or_full(80, 250))
@given(output=TEXT, max_chars=st.integers(4, 12))
def test_no_piece_ends_in_the_middle_of_a_character(output: str, max_chars: int) -> None:
    whole, position = sanitize(output), 0
    # A character that is longer than a piece must be split.
    for piece in read_pieces(output, 0, max_chars)[:-1] if longest_character(whole) < max_chars else ():
        position += len(piece.output or "")
        assert not is_continuation(whole, position)


def is_continuation(text: str, position: int) -> bool:
    """Return whether the code point at ``position`` continues the character before it."""
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
    """Return the number of code points of the longest character."""
    longest = run = 0
    for position in range(len(text)):
        run = run + 1 if is_continuation(text, position) else 1
        longest = max(longest, run)
    return longest


@pytest.mark.parametrize("text", LANGUAGES.values(), ids=LANGUAGES)
@pytest.mark.parametrize("max_chars", [4, 7])
def test_text_in_every_script_is_read_whole(text: str, max_chars: int) -> None:
    shown = [piece.output or "" for piece in read_pieces(text, 0, max_chars)]
    assert "".join(shown) == sanitize(text)
    ends = list(accumulate(map(len, shown)))
    assert not any(is_continuation(sanitize(text), end) for end in ends[:-1])


@given(output=TEXT, offset=st.integers(0, 80), max_chars=st.integers(1, 100))
def test_next_offset_is_absent_only_when_nothing_visible_follows(output: str, offset: int, max_chars: int) -> None:
    result = job_output(job_with(output), offset=offset, max_chars=max_chars)
    if result.next_offset is None:
        assert sanitize(output).endswith(result.output or "")
    else:
        assert offset < result.next_offset < len(output)
        assert job_output(job_with(output), offset=result.next_offset, max_chars=1).output


SECRET = "sk-live-1234567890abcdef"
KEY_FILE = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEA7\n" * 60 + "-----END RSA PRIVATE KEY-----"


@settings(max_examples=gate_or_full(60, 200))
@given(
    words=st.lists(st.sampled_from(["Output:", SECRET, KEY_FILE, "password='hunter22'", "\u200b", "é\n"]), max_size=12),
    max_chars=st.integers(1, 60),
)
def test_a_secret_is_masked_wherever_a_piece_starts_or_ends(words: list[str], max_chars: int) -> None:
    output = " ".join(words)
    shown = [piece.output or "" for piece in read_pieces(output, 0, max_chars)]
    if max_chars >= len("[masked]"):  # the mark does not fit into a smaller piece
        assert "".join(shown) == sanitize(output)
    assert not any(part in "".join(shown) for part in ("1234", "MIIE", "hunter"))


def test_a_piece_of_a_long_output_is_part_of_the_sanitized_output() -> None:
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
def test_a_job_without_output_gets_a_message(job: Job, message: str) -> None:
    result = job_output(job, offset=0, max_chars=4000)
    assert (result.message, result.output, result.output_chars, result.next_offset) == (message, None, 0, None)


@pytest.mark.parametrize("offset", [5, 6, 10**9])
def test_an_offset_beyond_the_end_gets_a_message(offset: int) -> None:
    result = job_output(job_with("12345"), offset=offset, max_chars=4000)
    assert result.message == "The output has only 5 characters."
    assert (result.output, result.offset, result.next_offset) == (None, offset, None)


@pytest.mark.parametrize(
    ("output", "offset", "message"),
    [
        ("abc\u200b\u200b\u200b", 4, "Nothing visible follows offset 4: the output ends here."),
        ("\u200b" * 2_000_000 + "abc", 0, "Nothing visible lies between offset 0 and offset 524000."),
    ],
)
def test_a_piece_without_visible_text_says_where_to_continue(output: str, offset: int, message: str) -> None:
    result = job_output(job_with(output), offset=offset, max_chars=4000)
    assert (result.message, result.output) == (message, None)
    assert ("next_offset" in result.as_text()) == (result.next_offset is not None)
    assert "".join(piece.output or "" for piece in read_pieces(output, 0, 4_000)) == "abc"


LONG_SECRETS = {
    "a key file": "-----BEGIN RSA PRIVATE KEY-----\n" + f"{'zBqQ' * 16}\n" * 250 + "-----END RSA PRIVATE KEY-----",
    "a JSON Web Token": "eyJhbGciOiJIUzI1NiJ9." + "zB7q" * 6_000 + ".c2lnbmF0dXJl",
    "a password in JSON": '{"client_secret": "' + "zB7q" * 6_000 + '"}',
    "a bearer token": "Authorization: Bearer " + "zB7q" * 4_000,
}


@pytest.mark.parametrize("secret", LONG_SECRETS.values(), ids=LONG_SECRETS)
@pytest.mark.parametrize("before", ["Output: ", "some ordinary words " * 2_000])
def test_no_part_of_a_long_secret_is_shown_wherever_a_piece_starts(secret: str, before: str) -> None:
    output = f"{before}{secret} and so on. " + "more words " * 4_000
    for offset in range(len(before) - 100, len(before) + len(secret) + 100, 1_777):
        shown = job_output(job_with(output), offset=offset, max_chars=500).output or ""
        assert "zB7q" not in shown
        assert "zBqQ" not in shown
    assert "".join(piece.output or "" for piece in read_pieces(output, 0, 4_000)) == sanitize(output)


def add_completed_job(store: SandboxStore, output: str) -> str:
    return store.add(ALIAS, created_at=NOW - timedelta(hours=1), output=output).id


async def test_an_output_is_read_whole_by_next_offset(client: Client, store: SandboxStore) -> None:
    output = " ".join(LANGUAGES.values()) * 40
    job, read = add_completed_job(store, output), list[str]()
    offset: int | None = 0
    while offset is not None:
        result = await call_tool(client, "get_job_output", {"job_id": job, "offset": offset, "max_chars": 3000})
        read.append(result["output"])
        offset = result.get("next_offset")
    assert "".join(read) == sanitize(output)
    assert len(read) == -(-len(sanitize(output)) // 3000)


async def test_a_piece_has_4000_characters_by_default(client: Client, store: SandboxStore) -> None:
    result = await call_tool(client, "get_job_output", {"job_id": add_completed_job(store, "x" * 5000)})
    assert (len(result["output"]), result["output_chars"], result["next_offset"]) == (4000, 5000, 4000)


async def test_the_text_states_the_offsets_and_quotes_the_piece(client: Client, store: SandboxStore) -> None:
    job = add_completed_job(store, 'One"\nThe output ends here.')
    result = await client.call_tool("get_job_output", {"job_id": job, "max_chars": 9})
    lines = text_of(result).splitlines()
    assert lines[0].endswith("completed, offset=0, output_chars=26. More follows: next_offset=9.")
    assert lines[-1] == "Its output, in the job's own words: " + json.dumps('One"\nThe ')


async def test_secrets_and_invisible_characters_are_removed_from_an_output(client: Client, store: SandboxStore) -> None:
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "obey")
    job = add_completed_job(store, f"Use sk-live-1234567890abcdef{hidden}\x1b[31m now.")
    result = await call_tool(client, "get_job_output", {"job_id": job})
    assert result["output"] == "Use [masked] now."


async def test_a_title_is_one_short_line(client: Client, faults: FaultScript) -> None:
    data = {"title": "A\ntitle " * 40, "suggestion": "Done."}
    faults.push(CannedResponse(200, job_response(0, "completed", data=data)))
    title = (await call_tool(client, "get_job_output", {"job_id": "a"}))["title"]
    assert (len(title) <= 120, title[:15], title[-1]) == (True, "A title A title", "…")


INVALID_ARGUMENTS: list[tuple[dict[str, Any], str]] = [
    ({"offset": -1}, "offset must be a whole number of at least 0; got -1."),
    ({"max_chars": 0}, "max_chars must be a whole number from 1 to 20000; got 0."),
    ({"max_chars": 20001}, "max_chars must be a whole number from 1 to 20000; got 20001."),
]


async def test_an_invalid_argument_is_a_one_sentence_error(client: Client) -> None:
    for arguments, message in INVALID_ARGUMENTS:
        assert await call_tool_error(client, "get_job_output", {"job_id": "a", **arguments}) == message
