"""The client over real HTTP: where the key comes from, where it goes, and that it is never told."""

import base64
import hashlib
import json
import os
import re
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote_plus

import anyio
import pytest
from starlette.types import Receive, Scope, Send

from tests.conftest import config_for
from tests.helpers.key import (
    CALLS,
    FIRST,
    JOB,
    KEY,
    MIB,
    TIMEOUT,
    check_error,
    error_body,
    error_of_call,
    send_response,
)
from writer_jobs_mcp.client import WriterClient, open_client
from writer_jobs_mcp.client.key_redaction import KeyRedactor
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import BadRequest, KeyRejected, MissingKey, WriterError
from writer_jobs_mcp.sandbox import CannedResponse, FaultScript, NotHttp, SandboxApp, SandboxStore, build_app, serve
from writer_jobs_mcp.sanitize.secrets import MASK


async def test_the_key_goes_in_the_one_header_and_reaching_out_sends_none() -> None:
    seen: list[list[bytes]] = []

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        seen.append([value for _, value in scope["headers"] if KEY.encode() in value])
        await send_response(send, 200, b'{"result": []}')

    async with serve(app) as url, open_client(config_for(url, WRITER_API_KEY=KEY)) as client:
        await client.list_jobs("x")
        await client.ping()
    assert seen == [[f"Bearer {KEY}".encode()], []]


DIGEST = hashlib.sha256(KEY.encode()).hexdigest()
ECHOES = {
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


@pytest.mark.parametrize(("said", "shown"), ECHOES.values(), ids=ECHOES)
async def test_a_job_that_tells_the_key_is_shown_without_it(
    client: WriterClient, faults: FaultScript, said: str, shown: str
) -> None:
    row = json.dumps({**JOB, "error": "?"}).replace("?", said)
    faults.push(CannedResponse(200, row.encode()))
    assert (await client.get_job("j")).error == shown


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
async def test_a_job_that_tells_the_key_in_base64_is_shown_without_it(
    url: str, faults: FaultScript, encode: Callable[[bytes], bytes], before: str
) -> None:
    key = "wk~7Hq2??tVx9>>mB4RcY8sNd"
    told = encode(f"{before}{key}:and more".encode()).decode()
    faults.push(CannedResponse(200, json.dumps({**JOB, "error": f"Authorization: {told}"}).encode()))
    async with open_client(config_for(url, WRITER_API_KEY=key)) as client:
        error = (await client.get_job("j")).error
    assert error is not None
    assert MASK in error
    assert not any(told[at : at + 8] in error for at in range(8, 24))


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
async def test_an_error_that_is_no_text_is_shown_without_the_key(
    url: str, faults: FaultScript, key: str, error: object, shown: str
) -> None:
    faults.push(CannedResponse(200, json.dumps({**JOB, "error": error}).encode()))
    async with open_client(config_for(url, WRITER_API_KEY=key)) as client:
        assert (await client.get_job("j")).error == shown


async def test_a_key_with_signs_is_known_again_when_it_is_url_encoded(url: str, faults: FaultScript) -> None:
    key = "wk+7Hq/2Zt=Vx9&mB4"
    faults.push(CannedResponse(200, json.dumps({**JOB, "error": f"?key={quote_plus(key)}"}).encode()))
    async with open_client(config_for(url, WRITER_API_KEY=key)) as client:
        assert (await client.get_job("j")).error == "?key=[masked]"


@pytest.mark.parametrize("error", ["wk-9182 was refused", "Hq2Z", "d9f3", "no key, no sNd...", "\\/ and \u00e4"])
async def test_words_that_are_like_a_piece_of_the_key_stay(
    client: WriterClient, faults: FaultScript, error: str
) -> None:
    faults.push(CannedResponse(200, json.dumps({**JOB, "error": error}).encode()))
    assert (await client.get_job("j")).error == error


async def test_the_key_in_the_place_of_an_id_is_not_sent_on_and_not_told(config: Config, api: SandboxApp) -> None:
    assert isinstance(await error_of_call(config, lambda client: client.get_job(KEY)), BadRequest)
    assert isinstance(await error_of_call(config, lambda client: client.list_applications(after=f"x{KEY}")), BadRequest)
    assert list(api.received) == []


@pytest.mark.parametrize("echo", [False, True], ids=["as documented", "in the wild"])
@pytest.mark.parametrize("name", CALLS)
async def test_a_key_that_the_api_does_not_know_is_refused(world: SandboxStore, name: str, echo: bool) -> None:
    async with serve(build_app(world, key="another", echo_key=echo)) as url:
        assert isinstance(await error_of_call(config_for(url, WRITER_API_KEY=KEY), CALLS[name]), KeyRejected)


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
async def test_an_end_of_the_key_is_not_told_whatever_characters_it_has(
    url: str, faults: FaultScript, key: str, echo: str
) -> None:
    faults.push(CannedResponse(400, error_body(f"Received API Key = {echo.format(start=key[:4], end=key[-4:])} today")))
    error = await error_of_call(config_for(url, WRITER_API_KEY=key), key=key)
    assert "today" in str(error)


@pytest.mark.parametrize("length", range(11, 20))
def test_eight_characters_of_the_key_in_a_row_are_seen_wherever_they_begin(length: int) -> None:
    key = "7Hq2ZtVx9LmB4RcY8sNd"[:length]
    echoes = KeyRedactor(key)
    told = [key[at : at + 8] for at in range(len(key) - 7)]
    assert [each for each in told if each in echoes.redact(f"It said {each}, and more.")] == []
    assert echoes.redact(f"It said {key[2:9]}, and more.") == f"It said {key[2:9]}, and more."


@pytest.mark.parametrize("status", [400, 503])
@pytest.mark.parametrize("body", [b"a" * 65536, b"-" * 65536, b"wk-" * 20000], ids=["word", "dashes", "starts"])
async def test_a_long_complaint_does_not_keep_the_server_busy(
    url: str, faults: FaultScript, status: int, body: bytes
) -> None:
    faults.push(CannedResponse(status, body))
    started = time.process_time()
    config = config_for(url, WRITER_API_KEY=KEY, WRITER_JOBS_CALL_BUDGET="2")
    async with open_client(config) as client:
        try:
            await client.list_jobs(FIRST.id)
        except WriterError as error:
            check_error(error)
    assert time.process_time() - started < 2, "seconds of work, waiting not counted"


async def test_a_request_to_loopback_goes_through_no_proxy(
    config: Config, world: SandboxStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = build_app(world)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with serve(proxy) as url:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, url)
        async with open_client(config) as client:
            assert (await client.get_application(FIRST.id)).id == FIRST.id
    assert list(proxy.received) == []


async def test_without_a_key_nothing_is_sent(api: SandboxApp, url: str) -> None:
    error = await error_of_call(Config.from_env({"WRITER_BASE_URL": url}))
    assert isinstance(error, MissingKey)
    assert "Set WRITER_API_KEY" in str(error)
    assert list(api.received) == []


def from_file(url: str, path: Path | str) -> Config:
    return Config.from_env({"WRITER_BASE_URL": url, "WRITER_API_KEY_FILE": str(path)})


async def test_a_rotated_key_is_read_again_when_the_old_one_is_refused(
    url: str, api: SandboxApp, tmp_path: Path
) -> None:
    path = tmp_path / "key"
    path.write_text("old-key\n", encoding="utf-8")
    async with open_client(from_file(url, path)) as client:
        with pytest.raises(KeyRejected, match="the file named by WRITER_API_KEY_FILE holds a current key"):
            await client.get_application(FIRST.id)
        path.write_text(f"{KEY}\n", encoding="utf-8")
        for _ in range(2):
            assert (await client.get_application(FIRST.id)).id == FIRST.id
    assert [request.status for request in api.received] == [401, 401, 200, 200]


async def test_a_rotation_costs_a_get_one_attempt_more(
    url: str, api: SandboxApp, faults: FaultScript, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "key"
    path.write_text(KEY, encoding="utf-8")
    async with open_client(from_file(url, path)) as client:
        await client.get_application(FIRST.id)
        path.write_text(f"{KEY}-new", encoding="utf-8")
        for status in (401, 503):
            faults.push(CannedResponse(status), times=1)
        with pytest.raises(KeyRejected):  # the sandbox knows the old key alone
            await client.get_application(FIRST.id)
    assert [request.status for request in api.received] == [200, 401, 503, 401]
    attempts = re.findall(r"attempt \d: \d+", "\n".join(caplog.messages))
    assert attempts == ["attempt 1: 200", "attempt 1: 401", "attempt 2: 503", "attempt 3: 401"]


async def test_a_long_refusal_of_a_key_that_was_rotated_is_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("old-key", encoding="utf-8")

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        if (b"authorization", b"Bearer old-key") not in scope["headers"]:
            await send_response(send, 200, json.dumps(JOB).encode())
            return
        path.write_text(KEY, encoding="utf-8")
        await send({"type": "http.response.start", "status": 401, "headers": []})
        for _ in range(128):
            await send({"type": "http.response.body", "body": bytes(MIB), "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async with serve(app) as url, open_client(from_file(url, path)) as client:
        tracemalloc.start()
        try:
            assert (await client.get_job("j")).id == JOB["id"]
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 32 * MIB, f"{peak / MIB:.0f} MiB"


async def test_a_retry_whose_key_was_rotated_is_sent_once_and_the_next_call_has_the_new_one(
    world: SandboxStore, url: str, api: SandboxApp, tmp_path: Path
) -> None:
    path, job = tmp_path / "key", world.jobs(FIRST.id, "failed")[0].id
    path.write_text("old-key", encoding="utf-8")
    async with open_client(from_file(url, path)) as client:
        with pytest.raises(KeyRejected):
            await client.get_job(job)
        path.write_text(KEY, encoding="utf-8")
        with pytest.raises(KeyRejected, match=r"has changed since\. Call again") as caught:
            await client.retry_job(job)
        await client.retry_job(job)
    check_error(caught.value)
    sent = [(request.method, request.status) for request in api.received]
    assert [status for method, status in sent if method == "POST"] == [401, 202]


async def test_a_key_file_that_is_gone_or_holds_no_key_is_told(url: str, tmp_path: Path) -> None:
    path = tmp_path / "key"
    assert isinstance(await error_of_call(from_file(url, path)), MissingKey)
    for content in (b"", b"  \n", f"{KEY}\n{KEY}".encode(), b"\xff\xfe" + KEY.encode()[:-1], KEY.encode("utf-16-le")):
        path.write_bytes(content)
        assert isinstance(await error_of_call(from_file(url, path)), MissingKey)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes with names in a directory")
async def test_a_key_file_that_is_a_pipe_without_a_writer_keeps_nobody(url: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "key")
    assert isinstance(await error_of_call(from_file(url, tmp_path / "key")), MissingKey)


async def test_a_key_put_where_the_name_of_its_file_belongs_is_not_told(url: str) -> None:
    error = await error_of_call(from_file(url, KEY))
    assert isinstance(error, MissingKey)
    assert "WRITER_API_KEY_FILE" in str(error)


async def test_an_answer_under_the_old_key_does_not_tell_it_after_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(KEY, encoding="utf-8")
    arrived, rotated = anyio.Event(), anyio.Event()
    errors: list[WriterError] = []

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        (token,) = [value for name, value in scope["headers"] if name == b"authorization"]
        if scope["path"].endswith("slow"):
            arrived.set()
            await rotated.wait()
            await send_response(send, 400, error_body(f"{token.decode()} is out of date"))
        else:
            await send_response(send, 401 if KEY.encode() in token else 200, json.dumps(JOB).encode())

    async def slow(client: WriterClient) -> None:
        with pytest.raises(BadRequest) as caught:
            await client.get_job("slow")
        errors.append(caught.value)

    with anyio.fail_after(TIMEOUT):
        async with serve(app) as url, open_client(from_file(url, path)) as client, anyio.create_task_group() as tasks:
            tasks.start_soon(slow, client)
            await arrived.wait()
            path.write_text("another-key", encoding="utf-8")
            await client.get_job("quick")
            rotated.set()
    (error,) = errors
    check_error(error)


@pytest.mark.parametrize("phrase", [KEY, f"Bearer {KEY}"])
async def test_a_reason_phrase_is_not_told(hasty: Config, faults: FaultScript, phrase: str) -> None:
    head = f"HTTP/1.1 400 {phrase}\r\nX-Key: {phrase}\r\nContent-Length: 0\r\n\r\n"
    faults.push(NotHttp(head.encode()), times=None)
    assert isinstance(await error_of_call(hasty), BadRequest)
