"""The client over real HTTP: where the key comes from, and where it is sent."""

import json
import os
import re
import sys
import tracemalloc
from pathlib import Path

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
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import BadRequest, KeyRejected, MissingKey, WriterError
from writer_jobs_mcp.sandbox import CannedResponse, FaultScript, SandboxApp, SandboxStore, build_app, serve


async def test_the_key_is_sent_in_one_header_and_not_by_ping() -> None:
    seen: list[list[bytes]] = []

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        seen.append([value for _, value in scope["headers"] if KEY.encode() in value])
        await send_response(send, 200, b'{"result": []}')

    async with serve(app) as url, open_client(config_for(url, WRITER_API_KEY=KEY)) as client:
        await client.list_jobs("x")
        await client.ping()
    assert seen == [[f"Bearer {KEY}".encode()], []]


async def test_the_key_passed_as_an_id_is_not_sent(config: Config, api: SandboxApp) -> None:
    assert isinstance(await error_of_call(config, lambda client: client.get_job(KEY)), BadRequest)
    assert isinstance(await error_of_call(config, lambda client: client.list_applications(after=f"x{KEY}")), BadRequest)
    assert list(api.received) == []


@pytest.mark.parametrize("echo", [False, True], ids=["as documented", "in the wild"])
@pytest.mark.parametrize("name", CALLS)
async def test_an_unknown_key_is_rejected(store: SandboxStore, name: str, echo: bool) -> None:
    async with serve(build_app(store, key="another", echo_key=echo)) as url:
        assert isinstance(await error_of_call(config_for(url, WRITER_API_KEY=KEY), CALLS[name]), KeyRejected)


async def test_a_request_to_loopback_goes_through_no_proxy(
    config: Config, store: SandboxStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = build_app(store)
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


async def test_the_key_file_is_read_again_after_a_401(url: str, api: SandboxApp, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("old-key\n", encoding="utf-8")
    async with open_client(from_file(url, path)) as client:
        with pytest.raises(KeyRejected, match="the file named by WRITER_API_KEY_FILE holds a current key"):
            await client.get_application(FIRST.id)
        path.write_text(f"{KEY}\n", encoding="utf-8")
        for _ in range(2):
            assert (await client.get_application(FIRST.id)).id == FIRST.id
    assert [request.status for request in api.received] == [401, 401, 200, 200]


async def test_a_rotated_key_costs_a_get_one_more_attempt(
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


async def test_a_long_401_for_a_rotated_key_is_read_in_bounded_memory(tmp_path: Path) -> None:
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


async def test_a_retry_with_a_rotated_key_is_sent_once_and_the_next_call_uses_the_new_key(
    store: SandboxStore, url: str, api: SandboxApp, tmp_path: Path
) -> None:
    path, job = tmp_path / "key", store.jobs(FIRST.id, "failed")[0].id
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


async def test_a_missing_or_invalid_key_file_raises_missing_key(url: str, tmp_path: Path) -> None:
    path = tmp_path / "key"
    assert isinstance(await error_of_call(from_file(url, path)), MissingKey)
    for content in (b"", b"  \n", f"{KEY}\n{KEY}".encode(), b"\xff\xfe" + KEY.encode()[:-1], KEY.encode("utf-16-le")):
        path.write_bytes(content)
        assert isinstance(await error_of_call(from_file(url, path)), MissingKey)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes with names in a directory")
async def test_a_key_file_that_is_a_pipe_without_a_writer_does_not_block(url: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "key")
    assert isinstance(await error_of_call(from_file(url, tmp_path / "key")), MissingKey)


async def test_a_key_in_place_of_the_file_name_is_not_shown(url: str) -> None:
    error = await error_of_call(from_file(url, KEY))
    assert isinstance(error, MissingKey)
    assert "WRITER_API_KEY_FILE" in str(error)


async def test_the_old_key_is_masked_in_responses_after_a_rotation(tmp_path: Path) -> None:
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
