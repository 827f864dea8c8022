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
