"""What `classify` makes of errors as real services write them, and what it must never make of anything."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from writer_jobs_mcp.failures import Category, Cause, Retry, classify_error
from writer_jobs_mcp.failures.classify import rules
from writer_jobs_mcp.failures.classify import rules_i18n as languages
from writer_jobs_mcp.failures.classify.categories import ADVICE, DEFAULT_RETRY
from writer_jobs_mcp.failures.classify.http_status import HTTP_STATUSES
from writer_jobs_mcp.failures.classify.patterns import compile_phrase, required_words
from writer_jobs_mcp.failures.classify.relevant_text import HEAD_CHARS, TAIL_CHARS, relevant_texts


class Labelled(NamedTuple):
    claim: str
    error: str
    category: Category
    retry: Retry


def labelled() -> list[Labelled]:
    lines = (Path(__file__).parents[2] / "data" / "causes.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [
        Labelled(row["claim"], row["error"], row["category"], row.get("retry", DEFAULT_RETRY[row["category"]]))
        for row in rows
    ]


LABELLED = labelled()
KNOWN = [row for row in LABELLED if row.category != "unknown"]
UNKNOWN = [row for row in LABELLED if row.category == "unknown"]
each = pytest.mark.parametrize("row", LABELLED, ids=lambda row: row.claim)


def words_of(error: str) -> str:
    """The error as given, and every JSON string in it, decoded."""
    return "\n".join([error, *(reading.original for reading in relevant_texts(error))])


# What errors say -----------------------------------------------------------------------------------------------------


@each
def test_an_error_has_the_cause_that_a_reader_would_give_it(row: Labelled) -> None:
    cause = classify_error(row.error)
    assert (cause.category, cause.retry) == (row.category, row.retry), cause.evidence


@each
def test_the_evidence_is_words_of_the_error(row: Labelled) -> None:
    evidence = classify_error(row.error).evidence
    if row.category == "unknown":
        assert evidence is None
    else:
        assert evidence
        assert evidence in words_of(row.error)
        assert 3 <= len(evidence) <= 120


@each
def test_the_same_error_inside_a_service_envelope_has_the_same_cause(row: Labelled) -> None:
    description = json.dumps(row.error)
    envelope = f'{{"tpe":"JobFailed","errors":[{{"description":{description},"key":"job.step"}}],"extras":{{}}}}'
    assert classify_error(envelope).category == row.category


@pytest.mark.parametrize("category", get_args(Category))
def test_every_category_is_in_the_table(category: Category) -> None:
    assert sum(row.category == category for row in LABELLED) >= 15


@pytest.mark.parametrize(
    ("error", "evidence"),
    [
        (
            "openai.APITimeoutError: Request timed out.",
            "openai.APITimeoutError: Request timed out.",
        ),
        (
            '{"tpe":"NotFound","errors":[{"description":"Application is not found","key":"fail.notFound.resource"}]}',
            "Application is not found",
        ),
        (
            "Error code: 400 - {'error': {'message': \"This model's maximum context length is 12800 tokens. But...\"}}",
            "This model's maximum context length is 12800 tokens",
        ),
        ("<h1>504 Gateway Time-out</h1>", "504 Gateway Time-out"),
        ('Request failed: "429 Too Many Requests"', 'Request failed: "429 Too Many Requests"'),
        (
            "Traceback (most recent call last):\n  File \"time.py\", line 1, in rate_limit\n    x\nKeyError: 'timeout'",
            "KeyError: 'timeout'",
        ),
    ],
)
def test_the_evidence_is_a_clause_that_makes_sense_alone(error: str, evidence: str) -> None:
    assert classify_error(error).evidence == evidence


# Which of several signals decides ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stronger", "weaker", "category"),
    [
        ("the request violates our content policy", "403 Forbidden", "blocked_content"),
        ("maximum context length is 4097 tokens", "429 Too Many Requests", "input_too_long"),
        ("Too Many Requests", "503 Service Unavailable", "rate_limit"),
        ("the model does not exist or you do not have access to it", "401 Unauthorized", "missing_resource"),
        ("upstream request timeout", "502 Bad Gateway", "timeout"),
        ("invalid API key", "400 Bad Request", "access_denied"),
        ("Knowledge graph 7 does not exist", "400 Bad Request", "missing_resource"),
        ("connection refused", "500 Internal Server Error", "upstream_failure"),
        ("Field tone is required", "500 Internal Server Error", "invalid_input"),
    ],
)
def test_the_more_specific_signal_decides_wherever_it_stands(stronger: str, weaker: str, category: Category) -> None:
    assert [classify_error(f"{stronger} - {weaker}").category, classify_error(f"{weaker}: {stronger}").category] == [
        category
    ] * 2


def python_traceback(
    *exceptions: str, link: str = "During handling of the above exception, another exception occurred"
) -> str:
    stacks = [
        f'Traceback (most recent call last):\n  File "/app/timeout.py", line 429, in forbidden\n    raise\n{exception}'
        for exception in exceptions
    ]
    return f"\n\n{link}:\n\n".join(stacks)


@pytest.mark.parametrize(
    ("error", "category"),
    [
        (python_traceback("KeyError: 'x'", "openai.RateLimitError: Rate limit reached"), "rate_limit"),
        (
            python_traceback("openai.RateLimitError: Rate limit reached", "ValueError: Missing required field: tone"),
            "invalid_input",
        ),
        (python_traceback("openai.RateLimitError: Rate limit reached", "KeyError: 'choices'"), "rate_limit"),
        (python_traceback("KeyError: 'x'", "RuntimeError: step 2 failed"), "internal_error"),
        ("INFO request timed out\n" + python_traceback("KeyError: 'x'"), "timeout"),
        (
            "com.acme.StepFailed: no\n\tat a.B(B.java:9)\nCaused by: java.net.ConnectException: Connection refused",
            "upstream_failure",
        ),
    ],
)
def test_of_chained_exceptions_the_last_that_names_a_cause_decides(error: str, category: Category) -> None:
    assert classify_error(error).category == category


@pytest.mark.parametrize("status", HTTP_STATUSES)
@pytest.mark.parametrize(
    "said",
    ["HTTP {}", "status code {}", "status={}", "Error code: {} - no body", "({})", '{{"status":{}}}', "Error: {}"],
)
def test_a_status_is_read_where_it_is_called_one(status: int, said: str) -> None:
    text = f"Request failed {said}" if said == "({})" else said
    assert classify_error(text.format(status)).category == HTTP_STATUSES[status][0]


@pytest.mark.parametrize("status", HTTP_STATUSES)
@pytest.mark.parametrize(
    "said",
    [
        "Stopped at line {}",
        "{} words were written",
        "It took {} ms",
        "job {}-b",
        "v4.{}.1",
        "exit code {}",
        "€{}.00",
        "{}",
    ],
)
def test_a_number_is_not_a_status_by_itself(status: int, said: str) -> None:
    assert classify_error(said.format(status)).category == "unknown"


# What does not speak -------------------------------------------------------------------------------------------------

BAITS = [
    "Rate limit exceeded",
    "429 Too Many Requests",
    "request timed out",
    "Access denied",
    "context length exceeded",
    "503 Service Unavailable",
    "model not found",
    "content policy violation",
    "Internal Server Error",
    "Missing required field",
]
baits = pytest.mark.parametrize("bait", BAITS)


@baits
@pytest.mark.parametrize(
    "neutral",
    [
        "Nothing came back for the article '{}' today",
        'Step "{}" gave nothing',
        "Nothing came back for the section `{}`",
        "The heading “{}” gave nothing",
        "Der Abschnitt „{}“ blieb leer",
        "Die Quelle «{}» blieb leer",
        "見出し「{}」の結果は空",
        "Input: {}",
        "Nothing came back. Prompt: tell me about {}",
        "Wrote nothing for the post titled {}",
        "See https://example.com/{}?q=1",
        '{{"state":"failed","input":"{}","title":"{}"}}',
        '{{"state":"failed","extras":{{"message":"{}"}}}}',
    ],
)
def test_quoted_or_given_back_words_are_not_the_errors_own(neutral: str, bait: str) -> None:
    said = bait.replace(" ", "-") if "://" in neutral else bait
    assert classify_error(neutral.format(said, said)).category == "unknown"


@baits
@pytest.mark.parametrize(
    "told", ['Request failed: "{}"', '"{}"', "'{}'", 'It ended with error: "{}"', "ApiError(message='{}')"]
)
def test_a_quotation_speaks_where_it_is_announced_or_is_all_there_is(told: str, bait: str) -> None:
    cause, expected = classify_error(told.format(bait)), classify_error(bait)
    assert (cause.category, cause.retry, cause.advice) == (expected.category, expected.retry, expected.advice)
    assert cause.evidence is not None
    assert cause.evidence in told.format(bait)


@pytest.mark.parametrize(
    "bait", ["rate limit exceeded", "timeout exceeded", "request timed out", "access denied", "bad gateway"]
)
@pytest.mark.parametrize(
    "denial", ["no {}", "not a {}", "never a {}", "without a {}", "neither a {}", "it wasn't a {}"]
)
def test_a_denied_cause_is_no_cause(denial: str, bait: str) -> None:
    assert classify_error(denial.format(bait)).category == "unknown"


@pytest.mark.parametrize("because", ["because", "due to", "as", "after", "since"])
def test_a_denial_does_not_reach_past_its_reason(because: str) -> None:
    assert classify_error(f"The job was not finished {because} rate limiting").category == "rate_limit"


# What is promised of any text ----------------------------------------------------------------------------------------

fragments = st.sampled_from(
    [row.error[:200] for row in LABELLED]
    + list("{}[]\"'`:=,\\\n\0\1 ")
    + ["Traceback (most recent call last):", "Caused by:"]
)
texts = st.one_of(st.text(), st.lists(st.one_of(fragments, st.text(max_size=20)), max_size=8).map("".join))


@given(texts)
def test_any_text_has_a_cause_whose_parts_agree(error: str) -> None:
    cause = classify_error(error)
    assert cause.category in get_args(Category)
    assert cause.retry in get_args(Retry)
    assert (cause.evidence is None) == (cause.category == "unknown")
    if cause.evidence is None:
        assert cause.retry == "unknown"
    else:
        assert 0 < len(cause.evidence) <= 120
        assert cause.evidence in words_of(error)


@given(texts)
def test_the_advice_is_ours_alone(error: str) -> None:
    assert classify_error(error).advice in ADVICE.values()


def test_each_piece_of_advice_is_one_short_sentence() -> None:
    assert all(re.fullmatch(r"[A-Z][^.]{10,138}\.", advice) for advice in ADVICE.values())


@given(
    st.sampled_from(UNKNOWN), st.sampled_from(["Note. ", "Job 12: ", "[worker-3] ", "2026-11-20T10:00:00Z worker: "])
)
def test_an_unknown_cause_stays_unknown_behind_a_log_prefix(row: Labelled, prefix: str) -> None:
    assert classify_error(prefix + row.error).category == "unknown"


@given(st.sampled_from(KNOWN), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_text_in_the_middle_of_a_long_error_is_never_looked_at(row: Labelled, noise: str) -> None:
    filler = "x" * HEAD_CHARS
    error = f"{filler}{noise}\n{row.error}\n{noise}{'y' * TAIL_CHARS}"
    assert classify_error(error).category == "unknown"


@pytest.mark.parametrize("row", KNOWN[::7], ids=lambda row: row.claim)
def test_either_end_of_a_long_error_is_read(row: Labelled) -> None:
    noise = "\nnothing to see here" * 100_000
    assert classify_error(row.error + noise).category == row.category
    assert classify_error(noise + "\n" + row.error).category == row.category


HOSTILE = [
    *["a", '"', " '", "`", "“", "{", "[", "\\", '\\"', "\n", "\n  at ", " ", "\0", "\1", "aA", "a-", "x/", "请求"],
    *['{"a":', '{"errors":[', "{'message': '", '{"message":"{\\"message\\":\\"'],
    *["Traceback (most recent call last):\n", 'File "a", line 1, in x ', "Caused by:\n"],
    "During handling of the above exception, another exception occurred:",
    *["rate limit ", "exceed max ", "connection to x ", "model ", "guardrail ", "must have ", "no api key "],
    *["not ", "if ", "input: ", "https://", "timeout=", "status code ", "error 429 words ", "failed (HTTP "],
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_megabyte_of_anything_is_read_only_at_its_ends(unit: str) -> None:
    read = list(relevant_texts(unit * (1_000_000 // len(unit))))
    assert sum(len(reading.original) for reading in read) <= 4 * (HEAD_CHARS + TAIL_CHARS)
    assert all(len(reading.original) == len(reading.relevant) for reading in read)


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_megabyte_of_anything_has_a_cause(unit: str) -> None:
    assert isinstance(classify_error(unit * (1_000_000 // len(unit))), Cause)


# How the tables are kept ---------------------------------------------------------------------------------------------

PHRASES = [
    phrase
    for table in (rules.RULES, rules.FALLBACK_RULES, languages.RULES, languages.FALLBACK_RULES)
    for rule in table
    for phrase in rule.phrases
]


def test_no_phrase_repeats_without_bound() -> None:
    assert [
        phrase for phrase in PHRASES if re.search(r"[+*]|,\}", re.sub(r"\\w\+|\\d\+|\w\*|\w\*\)", "", phrase))
    ] == []


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row.claim)
def test_the_landmarks_of_a_phrase_are_in_whatever_it_matches(row: Labelled) -> None:
    for plain in (reading.relevant for reading in relevant_texts(row.error)):
        for phrase in PHRASES:
            if compile_phrase(phrase).search(plain):
                assert all(any(word in plain.lower() for word in words) for words in required_words(phrase)), phrase


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("rate limit", (("limit",), ("rate",))),
        ("(read|write) time out", (("read", "write"), ("time",), ("out",))),
        ("is (currently |still )?loading", (("loading",), ("is",))),
        ("requests? too fast", (("request",), ("fast",), ("too",))),
        ("timed out|deadline passed", (("timed", "deadline"),)),
        ("token(?! in)", (("token",),)),
    ],
)
def test_landmarks_are_the_words_that_a_match_cannot_lack(phrase: str, words: tuple[tuple[str, ...], ...]) -> None:
    assert {frozenset(group) for group in required_words(phrase)} == {frozenset(group) for group in words}


def test_importing_compiles_nothing() -> None:
    code = """if True:
        from writer_jobs_mcp.failures.classify import patterns
        print(patterns.regex.cache_info().misses, patterns.compile_phrase.cache_info().misses)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    assert done.stdout.split() == ["0", "0"]


def test_whatever_a_rule_or_a_status_can_decide_has_advice() -> None:
    tables = (rules.RULES, rules.FALLBACK_RULES, languages.RULES, languages.FALLBACK_RULES)
    decided: list[tuple[Category, Retry | None]] = [(rule.category, rule.retry) for table in tables for rule in table]
    decided += HTTP_STATUSES.values()
    assert {(category, retry or DEFAULT_RETRY[category]) for category, retry in decided} | {
        ("unknown", "unknown")
    } == set(ADVICE)
