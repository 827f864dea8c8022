"""The client over real HTTP: the key is masked in whatever Writer returns."""

import base64
import hashlib
import json
import time
from collections.abc import Callable
from urllib.parse import quote_plus

import pytest

from tests.conftest import config_for
from tests.helpers.key import (
    FIRST,
    JOB,
    KEY,
    check_error,
    error_body,
    error_of_call,
)
from writer_jobs_mcp.client import WriterClient, open_client
from writer_jobs_mcp.client.key_redaction import KeyRedactor
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import BadRequest, WriterError
from writer_jobs_mcp.sandbox import CannedResponse, FaultScript, NotHttp
from writer_jobs_mcp.sanitize.secrets import MASK

DIGEST = hashlib.sha256(KEY.encode()).hexdigest()


LEAKS = {
    "whole": (f"Bearer {KEY} is bad", "Bearer [masked] is bad"),
    "its hash": (f"hash={DIGEST}.", "hash=[masked]."),
    "the start of its hash": (f"hash={DIGEST[:20]}...", "hash=[masked]..."),
    "its other hashes": (hashlib.md5(KEY.encode()).hexdigest(), "[masked]"),  # noqa: S324 - as a gateway might
    "hexadecimal": (KEY.encode().hex(), "[masked]"),
    "cut": (f"Received API Key = wk-...{KEY[-4:]}, sorry", "Received API Key = wk-[masked], sorry"),
    "starred": (f"{KEY[:4]}*****{KEY[-4:]}", "[masked]"),
    "its start": (f"the key {KEY[:8]} and more", "the key [masked] and more"),
    "its end": (f"ends in {KEY[-8:]}.", "ends in [masked]."),
    "the most of it": (f"x{KEY[3:19]}y", "x[masked]y"),
    "between what is not seen": ("a " + "\u00ad".join(KEY), "a [masked]"),
    "between colours": ("a " + "\\u001b[1m".join(KEY), "a [masked]"),
    "twice": (f"{KEY}{KEY}", "[masked]"),
    "escaped in the JSON": ("\\u0077k-7Hq2ZtVx9LmB4RcY8sNd", "[masked]"),
}


@pytest.mark.parametrize(("text", "shown"), LEAKS.values(), ids=LEAKS)
async def test_the_key_is_masked_in_a_job(client: WriterClient, faults: FaultScript, text: str, shown: str) -> None:
    row = json.dumps({**JOB, "error": "?"}).replace("?", text)
    faults.push(CannedResponse(200, row.encode()))
    assert (await client.get_job("j")).error == shown


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
async def test_the_key_in_base64_is_masked_in_a_job(
    url: str, faults: FaultScript, encode: Callable[[bytes], bytes], before: str
) -> None:
    key = "wk~7Hq2??tVx9>>mB4RcY8sNd"
    encoded = encode(f"{before}{key}:and more".encode()).decode()
    faults.push(CannedResponse(200, json.dumps({**JOB, "error": f"Authorization: {encoded}"}).encode()))
    async with open_client(config_for(url, WRITER_API_KEY=key)) as client:
        error = (await client.get_job("j")).error
    assert error is not None
    assert MASK in error
    assert not any(encoded[at : at + 8] in error for at in range(8, 24))


@pytest.mark.parametrize(
    ("key", "error", "shown"),
    [
        (KEY, {"headers": {"Authorization": f"Bearer {KEY}"}}, '{"headers":{"Authorization":"Bearer [masked]"}}'),
        (KEY, [{KEY: 1}], '[{"[masked]":1}]'),
        ('wk"7Hq2\\ZtVx9LmB4', {"sent": 'wk"7Hq2\\ZtVx9LmB4'}, '{"sent":"[masked]"}'),
        ("4815162342108", {"code": 4815162342108}, '{"code":[masked]}'),
        ("4815162342108", 4815162342108, "[masked]"),
    ],
)
async def test_the_key_is_masked_in_an_error_that_is_not_a_string(
    url: str, faults: FaultScript, key: str, error: object, shown: str
) -> None:
    faults.push(CannedResponse(200, json.dumps({**JOB, "error": error}).encode()))
    async with open_client(config_for(url, WRITER_API_KEY=key)) as client:
        assert (await client.get_job("j")).error == shown


async def test_a_url_encoded_key_is_masked(url: str, faults: FaultScript) -> None:
    key = "wk+7Hq/2Zt=Vx9&mB4"
    faults.push(CannedResponse(200, json.dumps({**JOB, "error": f"?key={quote_plus(key)}"}).encode()))
    async with open_client(config_for(url, WRITER_API_KEY=key)) as client:
        assert (await client.get_job("j")).error == "?key=[masked]"


@pytest.mark.parametrize("error", ["wk-9182 was refused", "Hq2Z", "d9f3", "no key, no sNd...", "\\/ and \u00e4"])
async def test_words_that_resemble_a_part_of_the_key_are_kept(
    client: WriterClient, faults: FaultScript, error: str
) -> None:
    faults.push(CannedResponse(200, json.dumps({**JOB, "error": error}).encode()))
    assert (await client.get_job("j")).error == error


@pytest.mark.parametrize(
    "key",
    [
        "wk-7Hq2ZtVx9LmB4RcY8s==",
        "+7Hq2ZtVx9LmB4RcY8sNd/",
        "7Hq2ZtVx9LmB4RcY8sNd.Kp-",
        "(7Hq2ZtVx9LmB4RcY8sNd)",
    ],
)
@pytest.mark.parametrize("echo", ["sk-...{end}", "{start}...", "{start}****{end}", "'{end}'", "x{end}, y"])
async def test_an_elided_key_is_masked_whatever_its_characters(
    url: str, faults: FaultScript, key: str, echo: str
) -> None:
    faults.push(CannedResponse(400, error_body(f"Received API Key = {echo.format(start=key[:4], end=key[-4:])} today")))
    error = await error_of_call(config_for(url, WRITER_API_KEY=key), key=key)
    assert "today" in str(error)


@pytest.mark.parametrize("length", range(11, 20))
def test_eight_characters_of_the_key_in_a_row_are_masked_at_any_position(length: int) -> None:
    key = "7Hq2ZtVx9LmB4RcY8sNd"[:length]
    redactor = KeyRedactor(key)
    runs = [key[at : at + 8] for at in range(len(key) - 7)]
    assert [each for each in runs if each in redactor.redact(f"The error is {each}, and more.")] == []
    assert redactor.redact(f"The error is {key[2:9]}, and more.") == f"The error is {key[2:9]}, and more."


@pytest.mark.parametrize("status", [400, 503])
@pytest.mark.parametrize("body", [b"a" * 65536, b"-" * 65536, b"wk-" * 20000], ids=["word", "dashes", "starts"])
async def test_a_long_error_body_takes_little_cpu_time(url: str, faults: FaultScript, status: int, body: bytes) -> None:
    faults.push(CannedResponse(status, body))
    started = time.process_time()
    config = config_for(url, WRITER_API_KEY=KEY, WRITER_JOBS_CALL_BUDGET="2")
    async with open_client(config) as client:
        try:
            await client.list_jobs(FIRST.id)
        except WriterError as error:
            check_error(error)
    assert time.process_time() - started < 2, "seconds of work, waiting not counted"


@pytest.mark.parametrize("phrase", [KEY, f"Bearer {KEY}"])
async def test_a_reason_phrase_is_not_shown(short_budget_config: Config, faults: FaultScript, phrase: str) -> None:
    head = f"HTTP/1.1 400 {phrase}\r\nX-Key: {phrase}\r\nContent-Length: 0\r\n\r\n"
    faults.push(NotHttp(head.encode()), times=None)
    assert isinstance(await error_of_call(short_budget_config), BadRequest)
