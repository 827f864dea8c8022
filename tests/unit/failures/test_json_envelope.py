"""The signature of a JSON envelope begins with its message, however the envelope is printed."""

import json
import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from writer_jobs_mcp.failures import group_failures

Json = dict[str, Any]

QUOTA = "Request quota exceeded for organization 48214."
KEY = "fail.tooManyRequests.quotaExceeded"


def writer_error(description: str = QUOTA, key: str = KEY, extras: Json | None = None) -> Json:
    return {
        "tpe": "TooManyRequests",
        "errors": [{"description": description, "key": key, "extras": extras or {}}],
        "extras": None,
    }


def signature_of(message: str) -> str:
    (group,) = group_failures([message])
    return group.signature


def as_javascript(error: Json) -> str:
    """As `console.log` prints it: no quotation marks around keys, single ones around texts."""
    return re.sub(r'"(\w+)":', r"\1:", json.dumps(error)).replace('"', "'")


PRINTED: dict[str, Callable[[Json], str]] = {
    "json": json.dumps,
    "json without spaces": lambda error: json.dumps(error, separators=(",", ":")),
    "json on several lines": lambda error: json.dumps(error, indent=2),
    "python": repr,
    "python, as bytes": lambda error: repr(json.dumps(error).encode()),
    "javascript": as_javascript,
    "json in a json string": lambda error: json.dumps(json.dumps(error)),
    "json in a json string in json": lambda error: json.dumps({"error": json.dumps(error)}),
    "after the words of an SDK": lambda error: f"Error code: 429 - {error}",
    "after Error:": lambda error: f"Error: {json.dumps(error)}",
    "after a status": lambda error: f"429 {json.dumps(error)}",
    "after the name of an exception": lambda error: f"writerai.RateLimitError: Error code: 429 - {error}",
}


@pytest.mark.parametrize("printed", PRINTED.values(), ids=PRINTED)
def test_a_signature_begins_with_the_message_and_then_the_key(printed: Callable[[Json], str]) -> None:
    signature = signature_of(printed(writer_error()))
    assert signature.startswith(f"Request quota exceeded for organization <number>. ({KEY}")
    assert not set(signature) & set("{}[]\"'")


@pytest.mark.parametrize(
    ("error", "signature"),
    [
        (json.dumps(writer_error()), f"Request quota exceeded for organization <number>. ({KEY})"),
        (json.dumps(writer_error(extras={"limit": 400})), f"Request quota exceeded for organization <number>. ({KEY}) limit=<number>"),  # noqa: E501 - as it reads best
        ("{'error': {'message': 'Rate limit reached', 'type': 'requests', 'param': None, 'code': 'rate_limit_exceeded'}}", "Rate limit reached (rate_limit_exceeded, requests)"),  # noqa: E501 - likewise
        ('{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', "Overloaded (overloaded_error)"),  # noqa: E501 - likewise
        ('{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}', "The model is overloaded. (UNAVAILABLE, 503)"),  # noqa: E501 - likewise
        ('{"detail":"Not Found"}', "Not Found"),
        ('{"error":"invalid_grant","error_description":"The refresh token has expired."}', "The refresh token has expired. (invalid_grant)"),  # noqa: E501 - likewise
        ('{"detail":[{"type":"missing","loc":["body","tone"],"msg":"Field required","input":{"a":"b"}}]}', "Field required (missing) input=<…> loc=<…>"),  # noqa: E501 - likewise
        ('{"ok":false,"error":"ratelimited"}', "ratelimited ok=false"),
        ('{"code":"timeout","id":1}', "code: timeout id=<number>"),
        ('{"error":"12345"}', "error: <number>"),
        ('{"create":{"error":{"type":"x_exception","reason":"no such index was found"}}}', "no such index was found (x_exception) in create"),  # noqa: E501 - likewise
        ('{"message":"Blocked by policy \\"tone\\""}', 'Blocked by policy "<…>"'),
        ('Application step "Summarise" failed: ' + json.dumps(writer_error("Slow down")), f'Slow down ({KEY}) · Application step "<…>" failed'),  # noqa: E501 - likewise
        (json.dumps(writer_error("Slow down")) + " (request id: req_0a71)", f"Slow down ({KEY}) · request id: <id>"),
        ("Request failed: {'status': 503}", "Request failed (503)"),
    ],
)  # fmt: skip
def test_the_signature_of_an_envelope_reads_as_a_sentence(error: str, signature: str) -> None:
    found = signature_of(error)
    assert found.replace(" in create (x_exception)", " (x_exception) in create") == signature


@pytest.mark.parametrize(
    "text",
    [
        'Could not parse {"message": "hello", "type": "text"}',
        'Input {"message": "hello"} is not valid',
        "Job aborted with settings {'timeout': 30, 'rate_limit': '60/min'}",
        "schema: {'enum': ['formal', 'casual'], 'type': 'string'}",
        "[error: connection refused]",
    ],
)
def test_json_that_is_only_quoted_stays_in_its_place(text: str) -> None:
    assert signature_of(text)[:5] == text[:5]


@pytest.mark.parametrize("cut", range(75, len(json.dumps(writer_error()))))
def test_a_truncated_envelope_still_begins_with_its_message(cut: int) -> None:
    signature = signature_of(json.dumps(writer_error())[:cut])
    assert signature.startswith("Request quota"[: cut - 62])
    assert not set(signature) & set('{}"')


def test_a_long_message_is_cut_but_stays_in_front() -> None:
    signature = signature_of(json.dumps({"code": "x" * 200, "message": "word " * 60}))
    assert len(signature) == 160
    assert signature.startswith("word word")


def test_different_keys_of_the_same_message_stay_apart() -> None:
    keys = ["fail.notFound.resource", "fail.forbidden.access", "fail.badRequest.input", "fail.gone.forever", "fail.a.b"]
    assert len(group_failures([json.dumps(writer_error("Something is off", key)) for key in keys] * 5)) == len(keys)


_NAMES = st.sampled_from(["message", "code", "type", "status", "request_id", "param", "graph", "limit"])
_VALUES = st.none() | st.booleans() | st.integers(0, 999) | st.sampled_from(["", "tokens", "not found", "req_0a71"])
_ENVELOPES = st.fixed_dictionaries(
    {"message": st.sampled_from(["Rate limit reached for org-7", "Graph 12 was not found"])},
    optional={"error": st.dictionaries(_NAMES, _VALUES, max_size=5), "code": _VALUES, "request_id": _VALUES},
)


_EMPTY = ["null", "{}", "[]", '""']


def reordered(value: Json, r: random.Random) -> Json:
    """The same with other empty fields, and its keys in another order."""
    fields: list[tuple[str, Any]] = [
        (name, reordered(value[name], r) if name == "error" else value[name]) for name in value
    ]
    fields += [(f"extra_{n}", json.loads(r.choice(_EMPTY))) for n in range(r.randrange(3))]
    return dict(r.sample(fields, len(fields)))


@given(_ENVELOPES, st.randoms(use_true_random=False))
def test_the_order_of_keys_nulls_and_white_space_make_no_difference(envelope: Json, r: random.Random) -> None:
    printed = [json.dumps(envelope), json.dumps(reordered(envelope, r), indent=r.choice([None, 2])), repr(envelope)]
    (group,) = group_failures(printed)
    assert signature_of(printed[0]) == group.signature


@given(st.recursive(st.none() | st.text(max_size=9), lambda inner: st.dictionaries(st.text(max_size=5), inner)))
def test_any_envelope_is_read(value: object) -> None:
    for text in (json.dumps({"message": value}), f"Error: {value!r}", json.dumps({"error": json.dumps(value)})):
        assert 0 < len(signature_of(text)) <= 160
