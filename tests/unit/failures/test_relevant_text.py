"""Which words of an error are evidence: not those that it quotes, repeats from the input, links to or negates."""

import pytest

from writer_jobs_mcp.failures import classify_error

CAUSES = [
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
causes = pytest.mark.parametrize("cause_words", CAUSES)


@causes
@pytest.mark.parametrize(
    "template",
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
def test_quoted_or_echoed_words_are_no_evidence(template: str, cause_words: str) -> None:
    text = cause_words.replace(" ", "-") if "://" in template else cause_words
    assert classify_error(template.format(text, text)).category == "unknown"


@causes
@pytest.mark.parametrize(
    "template", ['Request failed: "{}"', '"{}"', "'{}'", 'It ended with error: "{}"', "ApiError(message='{}')"]
)
def test_a_quotation_is_evidence_if_it_is_introduced_or_the_whole_text(template: str, cause_words: str) -> None:
    cause, expected = classify_error(template.format(cause_words)), classify_error(cause_words)
    assert (cause.category, cause.retry, cause.advice) == (expected.category, expected.retry, expected.advice)
    assert cause.evidence is not None
    assert cause.evidence in template.format(cause_words)


@pytest.mark.parametrize(
    "cause_words", ["rate limit exceeded", "timeout exceeded", "request timed out", "access denied", "bad gateway"]
)
@pytest.mark.parametrize(
    "negation", ["no {}", "not a {}", "never a {}", "without a {}", "neither a {}", "it wasn't a {}"]
)
def test_a_negated_cause_is_no_cause(negation: str, cause_words: str) -> None:
    assert classify_error(negation.format(cause_words)).category == "unknown"


@pytest.mark.parametrize("because", ["because", "due to", "as", "after", "since"])
def test_a_negation_does_not_reach_past_its_reason(because: str) -> None:
    assert classify_error(f"The job was not finished {because} rate limiting").category == "rate_limit"


@causes
@pytest.mark.parametrize("label", ["input", "query", "output", "document"])
def test_a_label_before_the_whole_error_echoes_no_input(label: str, cause_words: str) -> None:
    assert classify_error(f"{label}: createJob {cause_words}").category == classify_error(cause_words).category
    assert classify_error(f"{label}: write about '{cause_words}'").category == "unknown"
    assert classify_error(f"{label}: explain {cause_words}").category == "unknown"
    assert classify_error(f"Nothing came back\n{label}: {cause_words}").category == "unknown"


@causes
@pytest.mark.parametrize(
    "template",
    [
        "RuntimeError('{}')",
        'RuntimeError("{}")',
        "timeout('{}',)",
        "socket.timeout('{}',)",
        "Forbidden('{}')",
        "Step failed: Oops('{}')",
        '409 "{}"',
        "409 '{}'",
        '<HttpError 409 when requesting https://example.com/a?b=1 returned "{}">',
        "rpc error: code = Unknown desc = {}",
        "[ERROR] step 3: {}",
        'workflow failed: block "Research": {}',
        "litellm.APIError: AnthropicException - {}",
        'b\'{{"error": {{"message": "{}"}}}}\'',
        '{{"error": "{{\\"message\\": \\"{}\\"}}"}}',
        "<html><head><title>{}</title></head></html>",
        '<?xml version="1.0"?><Error><Message>{}</Message></Error>',
        "java.util.concurrent.ExecutionException: com.acme.Oops: {}",
        "System.AggregateException: One or more errors occurred. ({})",
        'Post "https://example.com/v1/chat": {}',
        "thread 'main' panicked at src/main.rs:4:5: called `Result::unwrap()` on an `Err` value: Oops(\"{}\")",
        "UnhandledPromiseRejectionWarning: Oops: {}",
    ],
)
def test_the_message_inside_a_wrapper_is_heard(template: str, cause_words: str) -> None:
    assert classify_error(template.format(cause_words)).category == classify_error(cause_words).category


@causes
@pytest.mark.parametrize(
    "template",
    ['Field "{}" is required', "Value '{}' is not allowed for field 'tone'", 'Invalid value "{}" for parameter tone'],
)
def test_a_quoted_value_is_no_message(template: str, cause_words: str) -> None:
    assert classify_error(template.format(cause_words)).category == "invalid_input"
