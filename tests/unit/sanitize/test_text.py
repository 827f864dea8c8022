"""Strangers' text made safe: that looking less closely where nothing can be wrong changes nothing."""

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.data.credentials import CREDENTIALS
from writer_jobs_mcp.sanitize import secrets as credentials
from writer_jobs_mcp.sanitize.text import one_line, sanitize, sanitize_and_truncate, strip_invisible

SECRETS = {
    "a private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
    "a token of JSON": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "OpenAI's": "sk-proj-abc123DEF456",
    "Stripe's": "rk_live_abc123DEF456",
    "Amazon's": "AKIAIOSFODNN7EXAMPLE",
    "GitHub's": "ghp_abcdefghijklmnopqrstuvwxyz",
    "GitHub's fine-grained": "github_pat_abcdefghijklmnopqrst",
    "GitLab's": "glpat-abcdefghijklmnopqrst",
    "Slack's": "xoxb-1234567890-abc",
    "Google's": "AIzaSyabcdefghijklmnopqrstuvwxyz012345",
    "Hugging Face's": "hf_abcdefghijklmnopqrstuv",
    "a bearer's": "BEARER abc123DEF456==",
    "basic": "basic dXNlcjpwYXNzd29yZA==",
    "in an address": "postgres://me:hunter22@db.internal",
    "labelled": "API_KEY = abc123DEF456",
    "labelled in JSON": '{"client_secret": "abc123DEF456"}',
    "assigned": "Password=hunter",
    "a word in JSON": '{"password": "hunter"}',
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("before", ["", "It failed: ", "\u00e9\u200b ", "word " * 40])
def test_every_form_of_a_secret_is_masked_wherever_it_stands(secret: str, before: str) -> None:
    shown = sanitize(f"{before}{secret} and so on")
    assert "[masked]" in shown
    assert not any(part in shown for part in ("MIIE", "eyJ", "hunter", "abc1", "abcd", "AKIA", "dXNl", "-1234"))
    assert shown.endswith(" and so on")


LABELS = [
    *("key", "api key", "subscription secret access key", "secret", "token", "db_pass", "pwd", "passphrase", "sig"),
    *(
        "authorization",
        "--long-option-key ",
        "?code",
        "&ticket",
        "<token>",
        '"',
        "'",
        '\\"',
        "=>",
        ": ",
        ":=",
        " is ",
        "İ",
    ),
]
CREDENTIALS_IN_WORDS = [wording.format(secret) for wording, secret in CREDENTIALS.values()]
PARTS = st.one_of(
    st.sampled_from(
        [
            *SECRETS.values(),
            *CREDENTIALS_IN_WORDS,
            " " * 30,
            "\n",
            "\x1b[31m",
            "\u200b",
            "key: ",
            "design",
            "a plain word ",
            "=",
        ]
    ),
    st.text(max_size=8),
)


@examples(max_examples=300)
@given(st.lists(PARTS, max_size=40).map("".join), st.integers(2, 130))
def test_a_preview_is_the_beginning_of_the_whole_cleaned(text: str, limit: int) -> None:
    whole = one_line(sanitize(text.lstrip()[: limit * 20]))
    shown, is_cut = sanitize_and_truncate(text, limit)
    if is_cut:
        assert shown == whole[: limit - 1].rstrip() + "…"
    else:
        assert shown == whole
        assert len(whole) <= limit


def test_every_control_is_hidden_and_of_what_has_a_form_only_what_draws_nothing() -> None:
    characters = set(map(chr, range(sys.maxunicode + 1)))
    hidden = {each for each in characters if not strip_invisible(each)}
    controls = {each for each in characters if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Co"}}
    breaks = set("\n\t\r\x0b\x0c\x1c\x1d\x1e\x85")
    assert controls - breaks == hidden & controls
    # Variation selectors, fillers, the blank Braille pattern, and what plane 14 may hold one day.
    assert {unicodedata.category(each) for each in hidden - controls} == {"Mn", "Lo", "So", "Cn"}
    assert len(hidden - controls) < 4_500


@examples(max_examples=500)
@given(st.lists(PARTS | st.sampled_from(LABELS), max_size=30).map("".join))
def test_looking_only_near_labels_finds_every_labelled_secret(text: str) -> None:
    text = strip_invisible(text)
    for _, form in credentials._LABELLED:  # pyright: ignore[reportPrivateUsage]
        pattern = re.compile(form)
        near = credentials._matches_near_labels(pattern, text)  # pyright: ignore[reportPrivateUsage]
        assert [match.span() for match in near] == [match.span() for match in pattern.finditer(text)]
