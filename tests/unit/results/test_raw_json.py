"""A whole response as JSON text: what a field's name calls a credential is masked, however deep it stands."""

import json
from typing import Any

import pytest

from writer_jobs_mcp.client.models import RawJson
from writer_jobs_mcp.results.raw_json import raw_json_text

SECRET = "x7Kd93jQpL0vb2Tz"
NESTED: dict[str, dict[str, Any]] = {
    "a list": {"secret": [SECRET]},
    "a list in a list": {"api_keys": [["first", SECRET]]},
    "a list in an object": {"headers": {"x-api-key": [SECRET]}},
    "an object": {"password": {"value": SECRET, "changed": "2026-11-26"}},
    "an object that names it": {"env": [{"name": "DB_PASSWORD", "value": SECRET}]},
    "a pair": {"headers": [["Accept", "*/*"], ["Authorization", f"Token {SECRET}"]]},
}
INNOCENT: dict[str, dict[str, Any]] = {
    "words about a password": {"password": ["This field is required."]},
    "tokens of a text": {"tokens": ["hello", "world1"]},
    "a token's type": {"token": {"type": "Bearer", "expires": "2026-11-26T10:00:00Z"}},
    "an id and a value": {"items": [{"name": "size", "value": "large-2"}]},
    "a pair of texts": {"pairs": [["a1b2c3d4", "e5f6a7b8"]]},
}


@pytest.mark.parametrize("response", NESTED.values(), ids=NESTED)
def test_a_credential_under_the_name_that_says_so_is_masked(response: dict[str, Any]) -> None:
    shown = raw_json_text(RawJson(response))
    assert SECRET not in shown
    expected = json.loads(json.dumps(response).replace(SECRET, "[masked]"))
    assert json.loads(shown) == expected


@pytest.mark.parametrize("response", INNOCENT.values(), ids=INNOCENT)
def test_texts_under_such_a_name_that_are_no_credential_are_kept(response: dict[str, Any]) -> None:
    assert json.loads(raw_json_text(RawJson(response))) == response
