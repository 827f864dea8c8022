"""The client over real HTTP: the error for each status."""

import json

import pytest

from tests.helpers.key import CALLS, FIRST, KEY, KEY_LEAKING_BODY, error_body, error_of_call
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import (
    BadRequest,
    Forbidden,
    KeyRejected,
    NotFound,
    Unavailable,
    UnreadableResponse,
    WriterError,
)
from writer_jobs_mcp.sandbox import CannedResponse, FaultScript, SandboxApp, SandboxStore, build_app, serve

ERRORS: dict[int, tuple[type[WriterError], str]] = {
    400: (BadRequest, f'Writer rejected the request about application "{FIRST.id}" (400 Bad Request)'),
    401: (KeyRejected, "Writer refused the API key (401). Check that WRITER_API_KEY holds a current key"),
    403: (Forbidden, f'The API key may not see application "{FIRST.id}" (403)'),
    404: (NotFound, f'Writer does not know application "{FIRST.id}", or this key cannot see it (404).'),
    405: (NotFound, f'Writer does not know application "{FIRST.id}", or this key cannot see it (405).'),
    409: (BadRequest, f'Writer rejected the request about application "{FIRST.id}" (409 Conflict)'),
    410: (NotFound, f'Writer does not know application "{FIRST.id}", or this key cannot see it (410).'),
    413: (BadRequest, f'Writer rejected the request about application "{FIRST.id}" (413'),
    418: (BadRequest, f'Writer rejected the request about application "{FIRST.id}" (418'),
    422: (BadRequest, f'Writer rejected the request about application "{FIRST.id}" (422'),
    499: (BadRequest, f'Writer rejected the request about application "{FIRST.id}" (499)'),
    501: (Unavailable, f'Writer cannot answer about application "{FIRST.id}" (501 Not Implemented)'),
    507: (Unavailable, f'Writer cannot answer about application "{FIRST.id}" (507 Insufficient Storage)'),
    599: (Unavailable, f'Writer cannot answer about application "{FIRST.id}" (599)'),
}


BODIES = {
    "the vendor's": error_body("limit is too large"),
    "in the wild": KEY_LEAKING_BODY,
    "a gateway's": json.dumps({"request_id": KEY, "message": f"no route for {KEY}"}).encode(),
    "HTML": f"<html><title>{KEY}</title></html>".encode(),
    "empty": b"",
    "bytes": KEY.encode() + b"\xff\xfe\x00",
    "long": KEY.encode() * 4000,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("status", ERRORS)
async def test_each_status_has_its_error_whatever_the_body(
    config: Config, api: SandboxApp, faults: FaultScript, status: int, body: bytes
) -> None:
    faults.push(CannedResponse(status, body))
    error = await error_of_call(config)
    kind, start = ERRORS[status]
    assert type(error) is kind
    assert str(error).startswith(start)
    assert len(api.received) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (error_body("limit: must be at most 100"), ': "limit: must be at most 100".'),
        (b'{"request_id": "r", "message": "no route"}', ': "no route".'),
        (b'{"errors": [{"description": "a word", "key": 4041, "extras": []}]}', ': "a word".'),
        (error_body("\x1b[31mred\x1b[0m\n\u202ehidden\u200b"), ': "red hidden".'),
        (error_body('closing "quotes". Do this'), ': "closing \\"quotes\\". Do this".'),
        (error_body("x" * 1000), f': "{"x" * 299}…".'),
        (error_body(""), " and gave no reason."),
        (b'{"errors": [], "extras": null}', " and gave no reason."),
        (b'{"errors": [{"description": null}], "message": "else"}', ': "else".'),
        (b'{"errors": "no list"}', ': "no list".'),
        (b"<h1>413 Request Entity Too Large</h1>", ': "413 Request Entity Too Large".'),
        (b"<h1>Unprocessable</h1><p>\xe2\x80\xaethe limit</p>", ': "Unprocessable the limit".'),
        (b"", " and gave no reason."),
    ],
)
async def test_the_error_for_a_bad_request_quotes_writers_description(
    config: Config, faults: FaultScript, body: bytes, reason: str
) -> None:
    faults.push(CannedResponse(422, body))
    assert f"(422 Unprocessable Entity){reason}" in str(await error_of_call(config)).replace("Content", "Entity")


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (402, " Ask the user to check the plan and the credit of the organization in Writer."),
        (409, " Its state has probably changed meanwhile: read it again before you decide."),
        (422, " Correct the arguments and call again."),
    ],
)
async def test_the_advice_of_a_rejected_request_fits_its_status(
    config: Config, faults: FaultScript, status: int, advice: str
) -> None:
    faults.push(CannedResponse(status, b""))
    assert str(await error_of_call(config)).endswith(f" and gave no reason.{advice}")


@pytest.mark.parametrize("name", CALLS)
async def test_an_error_names_the_subject_of_the_request(config: Config, faults: FaultScript, name: str) -> None:
    faults.push(CannedResponse(403, KEY_LEAKING_BODY))
    subject = {"list_applications": "the list of applications", "get_job": 'job "some-job"'}
    name_in_error = subject.get(name, f'application "{FIRST.id}"')
    assert str(await error_of_call(config, CALLS[name])).startswith(f'The API key may not see {name_in_error} (403): "')


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(
    config: Config, api: SandboxApp, faults: FaultScript, store: SandboxStore, status: int
) -> None:
    elsewhere = build_app(store)
    async with serve(elsewhere) as other:
        faults.push(CannedResponse(status, headers={"Location": f"{other}/v1/applications/{FIRST.id}/jobs"}))
        error = await error_of_call(config)
    assert isinstance(error, UnreadableResponse)
    assert f"Writer answered {status} " in str(error)
    assert "a redirect, which is not followed" in str(error)
    assert (len(api.received), len(elsewhere.received)) == (1, 0)


@pytest.mark.parametrize("location", ["http://[", "//", f"https://{KEY}@[::", "\x7f", "https://ex ample/"])
async def test_a_redirect_to_an_invalid_address_is_reported_as_a_redirect(
    short_budget_config: Config, faults: FaultScript, location: str
) -> None:
    faults.push(CannedResponse(302, headers={"Location": location}), times=None)
    error = await error_of_call(short_budget_config)
    assert isinstance(error, UnreadableResponse)
    assert "a redirect, which is not followed" in str(error)


WORDS = 'no \u202e"more" than 7'
SHOWN = '"no \\"more\\" than 7"'


@pytest.mark.parametrize(
    ("status", "start"),
    [
        (402, f'Writer rejected the request about application "{FIRST.id}" (402 Payment Required): {SHOWN}.'),
        (403, f'The API key may not see application "{FIRST.id}" (403): {SHOWN}.'),
        (409, f'Writer rejected the request about application "{FIRST.id}" (409 Conflict): {SHOWN}.'),
        (429, f"Writer is limiting this key's requests (429): {SHOWN}; "),
        (500, f"Writer is unavailable: it answered 500 Internal Server Error: {SHOWN}; "),
        (501, f'Writer cannot answer about application "{FIRST.id}" (501 Not Implemented): {SHOWN}. '),
        (503, f"Writer is unavailable: it answered 503 Service Unavailable: {SHOWN}; "),
    ],
)
async def test_the_words_of_other_statuses_are_quoted_too(
    config: Config, faults: FaultScript, status: int, start: str
) -> None:
    for body in (error_body(WORDS), json.dumps({"error": {"message": WORDS}}).encode(), f"<p>{WORDS}</p>".encode()):
        faults.push(CannedResponse(status, body, {"retry-after": "999"}), times=1)
        assert str(await error_of_call(config)).startswith(start)
