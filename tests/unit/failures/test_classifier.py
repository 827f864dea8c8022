"""Which cause the classifier finds in an error, and what holds for any text."""

import json
import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.labelled_errors import KNOWN, LABELLED, UNKNOWN, LabelledError
from writer_jobs_mcp.failures import Category, Cause, Retry, classify_error
from writer_jobs_mcp.failures.classify.categories import ADVICE
from writer_jobs_mcp.failures.classify.http_status import HTTP_STATUSES
from writer_jobs_mcp.failures.classify.relevant_text import HEAD_CHARS, TAIL_CHARS, relevant_texts

each_category = pytest.mark.parametrize("category", get_args(Category))


def words_of(error: str) -> str:
    """Return the error, and every JSON string in it, decoded."""
    return "\n".join([error, *(text.original for text in relevant_texts(error))])


# Real errors ---------------------------------------------------------------------------------------------------------


def labelled(category: Category) -> list[LabelledError]:
    return [row for row in LABELLED if row.category == category]


@each_category
def test_a_real_error_gets_the_cause_that_a_reader_gave_it(category: Category) -> None:
    found = [(row, classify_error(row.error)) for row in labelled(category)]
    assert [(row, cause) for row, cause in found if (cause.category, cause.retry) != (category, row.retry)] == []


@each_category
def test_the_evidence_is_a_quotation_from_the_error(category: Category) -> None:
    for row in labelled(category):
        evidence = classify_error(row.error).evidence
        if category == "unknown":
            assert evidence is None
        else:
            assert evidence
            assert evidence in words_of(row.error)
            assert 3 <= len(evidence) <= 120


@each_category
def test_the_same_error_in_a_service_envelope_has_the_same_cause(category: Category) -> None:
    envelope = '{{"tpe":"JobFailed","errors":[{{"description":{},"key":"job.step"}}],"extras":{{}}}}'
    # In one string of JSON, all exceptions of a chain count together.
    rows = [row for row in labelled(category) if row.claim != "chain: final decides"]
    assert [row for row in rows if classify_error(envelope.format(json.dumps(row.error))).category != category] == []


@each_category
def test_every_category_has_labelled_errors(category: Category) -> None:
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


# Which of several phrases decides ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("specific", "general", "category"),
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
def test_the_more_specific_phrase_decides_wherever_it_stands(specific: str, general: str, category: Category) -> None:
    assert [classify_error(f"{specific} - {general}").category, classify_error(f"{general}: {specific}").category] == [
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
def test_the_last_chained_exception_that_names_a_cause_decides(error: str, category: Category) -> None:
    assert classify_error(error).category == category


@pytest.mark.parametrize("status", HTTP_STATUSES)
@pytest.mark.parametrize(
    "template",
    ["HTTP {}", "status code {}", "status={}", "Error code: {} - no body", "({})", '{{"status":{}}}', "Error: {}"],
)
def test_a_number_after_the_word_status_or_the_like_is_an_http_status(status: int, template: str) -> None:
    text = f"Request failed {template}" if template == "({})" else template
    assert classify_error(text.format(status)).category == HTTP_STATUSES[status][0]


@pytest.mark.slow
@pytest.mark.parametrize("status", HTTP_STATUSES)
@pytest.mark.parametrize(
    "template",
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
def test_any_other_number_is_not_an_http_status(status: int, template: str) -> None:
    assert classify_error(template.format(status)).category == "unknown"


# Any text ------------------------------------------------------------------------------------------------------------

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
def test_the_advice_never_holds_words_of_the_error(error: str) -> None:
    assert classify_error(error).advice in ADVICE.values()


def test_each_piece_of_advice_is_one_short_sentence() -> None:
    assert all(re.fullmatch(r"[A-Z][^.]{10,138}\.", advice) for advice in ADVICE.values())


@given(
    st.sampled_from(UNKNOWN), st.sampled_from(["Note. ", "Job 12: ", "[worker-3] ", "2026-11-20T10:00:00Z worker: "])
)
def test_an_unknown_cause_stays_unknown_after_a_log_prefix(row: LabelledError, prefix: str) -> None:
    assert classify_error(prefix + row.error).category == "unknown"


@given(st.sampled_from(KNOWN), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_text_in_the_middle_of_a_long_error_is_never_read(row: LabelledError, noise: str) -> None:
    filler = "x" * HEAD_CHARS
    error = f"{filler}{noise}\n{row.error}\n{noise}{'y' * TAIL_CHARS}"
    assert classify_error(error).category == "unknown"


@pytest.mark.parametrize("row", KNOWN[::7], ids=lambda row: row.claim)
def test_either_end_of_a_long_error_is_read(row: LabelledError) -> None:
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
    assert sum(len(text.original) for text in read) <= 4 * (HEAD_CHARS + TAIL_CHARS)
    assert all(len(text.original) == len(text.relevant) for text in read)


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_megabyte_of_anything_has_a_cause(unit: str) -> None:
    assert isinstance(classify_error(unit * (1_000_000 // len(unit))), Cause)
