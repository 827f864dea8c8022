"""Which of several wordings decides: the most specific one, in whatever language and wherever it stands."""

import json

import pytest

from writer_jobs_mcp.failures import Category, classify_error
from writer_jobs_mcp.failures.classify.rule_tables import LANGUAGES, read_rule_file

SPECIFIC: dict[str, Category] = {
    "请求过于频繁": "rate_limit",
    "余额不足": "rate_limit",
    "Zugriff verweigert": "access_denied",
    "Le modèle n'existe plus": "missing_resource",
    "リクエストがタイムアウトしました": "timeout",
    "서비스를 사용할 수 없습니다": "upstream_failure",
    "La connessione è stata rifiutata: connection refused": "upstream_failure",
    "temperature must be between 0 and 2": "invalid_input",
    "prompt is too long": "input_too_long",
    "Слишком много запросов": "rate_limit",
}
LABELS = [
    "invalid_request_error",
    "BadRequestError",
    "Bad Request",
    "upstream_error",
    "InvalidRequest",
    "INVALID_ARGUMENT",
]
labels = pytest.mark.parametrize("label", LABELS)


@labels
@pytest.mark.parametrize(("wording", "category"), SPECIFIC.items())
def test_a_label_for_any_error_of_a_kind_counts_less_than_a_specific_wording(
    wording: str, category: Category, label: str
) -> None:
    envelope = json.dumps({"error": {"message": wording, "type": label}}, ensure_ascii=False)
    errors = [f"{label}: {wording}", f"{wording} ({label})", envelope]
    assert [classify_error(error).category for error in errors] == [category] * 3


@labels
@pytest.mark.parametrize(
    ("status", "category"),
    [(400, "invalid_input"), (403, "access_denied"), (404, "missing_resource"), (429, "rate_limit"), (504, "timeout")],
)
def test_a_label_counts_less_than_an_http_status(label: str, status: int, category: Category) -> None:
    errors = [f"{label}: status {status}", json.dumps({"status": status, "type": label}), f"HTTP {status} {label}"]
    assert [classify_error(error).category for error in errors] == [category] * 3


@pytest.mark.parametrize("status", ["400 Bad Request", "Bad Request (400)", "HTTP 400", "status code: 400"])
def test_what_was_upstream_does_not_hide_the_status_that_came_back(status: str) -> None:
    assert classify_error(f"Upstream error: {status}").category == "invalid_input"


def test_a_label_counts_less_than_what_the_exception_behind_it_says() -> None:
    error = "com.acme.BadRequestException: step failed\n\tat a.B(B.java:9)\nCaused by: java.io.IOException: refused\n"
    assert classify_error(error).category == "invalid_input"
    assert classify_error(error.replace(": refused", ": Connection refused")).category == "upstream_failure"


@labels
def test_a_label_alone_still_says_something(label: str) -> None:
    assert classify_error(f"{label}: no details").category == (
        "upstream_failure" if label == "upstream_error" else "invalid_input"
    )


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_translations_add_to_tables_of_english_which_give_the_order(language: str) -> None:
    english, translation = read_rule_file("en"), read_rule_file(language)
    assert {(tier, name) for tier in translation for name in translation[tier]} <= {
        (tier, name) for tier in english for name in english[tier]
    }


@pytest.mark.parametrize(
    "quota", ["You exceeded your current quota, please check your plan and billing details.", "insufficient_quota"]
)
@pytest.mark.parametrize(
    ("when", "retry"),
    [
        ("Please retry in 12.0s.", "worth_it"),
        ("Try again in 3 minutes", "worth_it"),
        ("Retry-After: 30", "worth_it"),
        ("'retryDelay': '22s'", "worth_it"),
        ("limit: 0. Please retry in 12.0s.", "after_a_fix"),
        ("Try again in 12 days", "after_a_fix"),
        ("Retry with another key", "after_a_fix"),
        ("", "after_a_fix"),
    ],
)
def test_a_quota_that_says_when_it_refills_is_worth_a_retry(quota: str, when: str, retry: str) -> None:
    cause = classify_error(f"{quota} {when}")
    assert (cause.category, cause.retry) == ("rate_limit", retry)


@pytest.mark.parametrize(
    "error",
    [
        "No tool calls found in the response.",
        "Could not find a JSON object in the model's answer",
        "The response is missing the field 'summary'",
        "Expected a JSON object, but the model wrote prose",
        "The answer is too long",
        "Note. The output has an invalid format",
    ],
)
def test_what_a_model_wrote_is_no_fault_of_the_input(error: str) -> None:
    assert classify_error(error).category == "unknown"
    assert classify_error(f"HTTP 500: {error}").category == "internal_error"


def test_the_messages_of_a_form_are_heard_whatever_its_fields_are_called() -> None:
    assert classify_error('{"tone":["\\"loud\\" is not a valid choice."]}').category == "invalid_input"
    assert (
        classify_error('{"prompt":["This field may not be blank."],"tone":["Not a valid tone."]}').category
        == "invalid_input"
    )
    assert (
        classify_error('{"ideas":["The rate limit was exceeded"],"title":"Rate limit exceeded"}').category == "unknown"
    )
