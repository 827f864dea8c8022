"""What the body of an error says, in each form in which APIs, frameworks and gateways write it."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from writer_jobs_mcp.client.error_bodies import error_words, has_documented_form

JSON_BODIES: list[tuple[object, str]] = [
    ({"tpe": "BadRequest", "errors": [{"description": "a", "key": "k", "extras": {}}], "extras": {}}, "a"),
    ({"errors": [{"description": None}], "message": "else"}, "else"),
    ({"request_id": "r", "message": "no route"}, "no route"),
    ({"error": {"message": "Input missing"}}, "Input missing"),
    ({"error": {"message": "Too long", "type": "invalid_request_error", "param": "limit"}}, "limit: Too long"),
    ({"error": {"code": 400, "errors": [{"message": "deep"}]}}, "deep"),
    ({"error": "no such input"}, "no such input"),
    ({"error": "invalid_request", "error_description": "The scope is wrong"}, "The scope is wrong"),
    ({"error": "Bad Request", "message": ["one", "two"], "statusCode": 400}, "one; two"),
    ({"error": ["one", {"message": "two"}]}, "one; two"),
    ({"detail": "Not in this region"}, "Not in this region"),
    ({"detail": [{"loc": ["query", "limit"], "msg": "not an integer"}]}, "query.limit: not an integer"),
    ({"detail": [{"loc": ["body", 0, "id"], "msg": "missing", "type": "missing"}]}, "body.0.id: missing"),
    ({"detail": {"msg": "nested"}}, "nested"),
    ({"type": "about:blank", "title": "Invalid", "detail": "The limit is 100", "status": 400}, "The limit is 100"),
    ({"title": "One or more are invalid.", "errors": {"limit": ["at most 100"]}}, "limit: at most 100"),
    ({"errors": ["a", "b", "c", "d"]}, "a; b; c"),
    ({"errors": "no list"}, "no list"),
    ({"errors": [{"title": "Invalid", "detail": "too big", "source": {"pointer": "/limit"}}]}, "too big"),
    ({"limit": ["This field is required."]}, "limit: This field is required."),
    ({"Message": "as some clouds write it"}, "as some clouds write it"),
    ({"fault": {"faultstring": "Invalid ApiKey for resource"}}, "Invalid ApiKey for resource"),
    ({"data": {"error": {"message": "wrapped"}}}, "wrapped"),
    ({"message": "参数无效"}, "参数无效"),
    ("a string", "a string"),
    (["a", "list"], "a; list"),
]


@pytest.mark.parametrize(("body", "words"), JSON_BODIES, ids=range(len(JSON_BODIES)))
def test_the_words_of_a_json_body_are_found(body: object, words: str) -> None:
    assert error_words(json.dumps(body).encode(), 400) == words
    assert error_words(b"\xef\xbb\xbf" + json.dumps(body, ensure_ascii=False).encode(), 400) == words


NGINX = b"<html><head><title>400 Bad Request</title></head><body><h1>400 Bad Request</h1></body></html>"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"upstream connect error", "upstream connect error"),
        (b' {"message": "cut in the mid', "cut in the mid"),
        (b"{not JSON}", "{not JSON}"),
        (b"<h1>Blocked</h1><p>by &quot;policy&quot; 7</p>", 'Blocked by "policy" 7'),
        (b"<title>Blocked</title><style>a {}</style><script>b('<p>')</script><p>Ask IT</p>", "Blocked Ask IT"),
        (b"<TITLE>Blocked</TITLE><SCRIPT>without an end", "Blocked"),
        (b'<?xml version="1.0"?><Error><Code>Denied</Code><Message>Not you</Message></Error>', "Denied Not you"),
    ],
)
def test_the_words_of_text_and_of_pages_are_found(body: bytes, words: str) -> None:
    assert error_words(body, 400) == words


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b" \n", b"null", b"{}", b"[]", b"17", b"true", b'{"error": true}', b'{"error": null}', b"\xff\xfe\x00"),
        *(b"Bad Request", b"400 Bad Request", b"Error 400: Bad Request!", b'{"message": "Bad request"}', NGINX),
        *(b'{"code": 400, "status": "error"}', b"\0" * 50, b'{"errors": [{}]}', b'{"errors": [], "extras": null}'),
    ],
)
def test_a_body_that_says_no_more_than_its_status_has_no_words(body: bytes) -> None:
    assert error_words(body, 400) == ""


def test_only_the_documented_envelope_has_the_documented_form() -> None:
    assert has_documented_form(b'{"tpe": "NotFound", "errors": [], "extras": {}}')
    others = [b"", b"Not Found", b"[]", b'{"detail": "Not Found"}', b'{"errors": []}', b'{"tpe": 1, "errors": []}']
    assert [body for body in others if has_documented_form(body)] == []


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_body_is_too_strange(body: bytes) -> None:
    assert isinstance(error_words(body, 400), str)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["error", "errors", "detail", "loc", "msg", "data", "x"]), inner, max_size=4)
    ),
)


@given(JSON)
def test_no_json_is_too_strange(value: object) -> None:
    assert isinstance(error_words(json.dumps(value).encode(), 400), str)


PARTS = [b"<", b"<script", b"<title>", b"[", b'{"error":', b"&", b'{"errors":[', b"<a <a ", b"</"]


@pytest.mark.parametrize("part", PARTS)
def test_a_repetitive_body_takes_no_time(part: bytes) -> None:
    body = part * (65_536 // len(part))
    started = time.process_time()
    error_words(body, 400)
    assert time.process_time() - started < 1  # a quadratic step takes ten
