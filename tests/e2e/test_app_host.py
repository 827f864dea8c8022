"""The host page of `demo --page`: it serves on loopback, only for its own page, and relays to a real server."""

import os
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp.client import Client

from tests.conftest import config_for
from writer_jobs_mcp.commands.app_host import APPS_EXTENSION, app_host, sandbox_app_host
from writer_jobs_mcp.sandbox import serve
from writer_jobs_mcp.server.build import build_server


@pytest.fixture
async def host(url: str) -> AsyncGenerator[httpx.AsyncClient]:
    async with (
        Client(build_server(config_for(url)), extensions=[APPS_EXTENSION]) as client,
        serve(app_host(client)) as address,
        httpx.AsyncClient(base_url=address) as host,
    ):
        yield host


async def relayed(host: httpx.AsyncClient, method: str, **params: Any) -> dict[str, Any]:
    return (await host.post("/rpc", json={"method": method, "params": params})).json()


async def test_the_relay_lists_the_tools_reads_the_page_and_calls(host: httpx.AsyncClient) -> None:
    tools = (await relayed(host, "tools/list"))["result"]["tools"]
    (uri,) = {tool["_meta"]["ui"]["resourceUri"] for tool in tools if "_meta" in tool}
    (page,) = (await relayed(host, "resources/read", uri=uri))["result"]["contents"]
    called = await relayed(host, "tools/call", name="list_applications", arguments={"limit": 1})
    assert page["mimeType"] == "text/html;profile=mcp-app"
    assert len(called["result"]["structuredContent"]["applications"]) == 1


async def test_an_error_of_the_server_is_relayed(host: httpx.AsyncClient) -> None:
    assert "ui://nowhere" in (await relayed(host, "resources/read", uri="ui://nowhere"))["error"]["message"]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b'{"method": "tools/list", "params": {}}', {"content-type": "text/plain"}, 415),
        (b'{"method": "tools/list", "params": {}}', {"host": "elsewhere.example"}, 400),
        (b'{"method": "sampling/createMessage", "params": {}}', {}, 400),
        (b'{"method": "tools/call", "params": {}}', {}, 400),
        (b'{"method": "tools/call"', {}, 400),
        (b"[]", {}, 400),
    ],
)
async def test_requests_that_the_host_page_never_sends_are_rejected(
    host: httpx.AsyncClient, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = await host.post("/rpc", content=body, headers={"content-type": "application/json", **headers})
    assert answer.status_code == status


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="a browser is always found there")
def test_the_command_prints_the_address_of_the_host_page_if_there_is_no_browser() -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WRITER_", "BROWSER"))}
    command = [sys.executable, "-m", "writer_jobs_mcp", "demo", "--page"]
    with subprocess.Popen(  # noqa: S603 - our own program
        command, stdout=subprocess.PIPE, encoding="utf-8", env={**kept, "PATH": ""}
    ) as shown:
        try:
            assert shown.stdout is not None
            announced, advice = shown.stdout.readline(), shown.stdout.readline()
            (address,) = [word for word in announced.split() if word.startswith("http")]
            page = httpx.get(address)
            called = httpx.post(f"{address}/rpc", json={"method": "tools/list", "params": {}})
        finally:
            shown.terminate()
    assert "The triage page in a conversation" in page.text
    assert len(called.json()["result"]["tools"]) > 5
    assert advice == "No browser was found. Open the address yourself.\n"


async def test_the_server_behind_the_page_does_not_get_the_key(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    (tmp_path / "sitecustomize.py").write_text(
        f"import os\nopen({str(seen)!r}, 'a').write(','.join(name for name in os.environ if name[:6] == 'WRITER'))\n",
        encoding="utf-8",
    )
    environ = {
        **os.environ,
        "PYTHONPATH": str(tmp_path),
        "WRITER_API_KEY": "a-key-9182",
        "WRITER_JOBS_CONCURRENCY": "3",
    }
    async with sandbox_app_host(environ):
        pass
    assert seen.read_text(encoding="utf-8") == "WRITER_JOBS_CONCURRENCY"
