"""The server as clients run it: a subprocess that writes only JSON-RPC to stdout."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
from typing import Any

import anyio
import pytest
from mcp.client import Client
from mcp.client.stdio import stdio_client

from tests.helpers.mcp import call_tool
from tests.helpers.stdio_server import (
    INITIALIZE,
    SERVER,
    TIMEOUT,
    environment_without_settings,
    initialize,
    server_parameters,
    start_server,
)
from writer_jobs_mcp.sandbox import SANDBOX_KEY, CannedResponse, FaultScript, SandboxApp


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_python_sdk_client_lists_applications_and_jobs_and_explains_a_failure(url: str, mode: str) -> None:
    parameters = server_parameters(WRITER_API_KEY=SANDBOX_KEY, WRITER_BASE_URL=url)
    with anyio.fail_after(TIMEOUT):
        async with Client(stdio_client(parameters), mode=mode) as client:
            applications = await call_tool(client, "list_applications", {})
            application = applications["applications"][0]["id"]
            arguments = {"application_id": application, "status": "failed", "limit": "1"}
            jobs = await call_tool(client, "list_application_jobs", arguments)
            explained = await call_tool(client, "get_job_error", {"job_id": jobs["jobs"][0]["id"]})
    assert explained["status"] == "failed"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_optional_arguments_may_be_blank_strings(mode: str) -> None:
    with anyio.fail_after(TIMEOUT):
        async with Client(stdio_client(server_parameters("--sandbox")), mode=mode) as client:
            blank = {"limit": "", "order": "", "after": "", "before": "", "type": ""}
            applications = await call_tool(client, "list_applications", blank)
            application = applications["applications"][0]["id"]
            arguments = {"application_id": application, "status": " ", "offset": "", "limit": "\t"}
            jobs = await call_tool(client, "list_application_jobs", arguments)
            arguments = {"application_id": application, "since": "", "until": " ", "max_jobs": ""}
            report = await call_tool(client, "triage_application_jobs", arguments)
    assert (applications["page"]["returned"], jobs["page"]["limit"]) == (3, 20)
    assert "status" not in jobs
    assert report["coverage"]["complete"] is True


async def test_the_sandbox_needs_no_key() -> None:
    with anyio.fail_after(TIMEOUT):
        async with Client(stdio_client(server_parameters("--sandbox"))) as client:
            answer = await call_tool(client, "list_applications", {})
    assert answer["page"]["returned"] == 3


def test_the_server_exits_silently_at_the_end_of_input() -> None:
    with start_server() as server:
        initialize(server)
        rest, complaints = server.communicate(timeout=TIMEOUT)
    assert (server.returncode, rest, complaints) == (0, "", "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal to send to one process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_server_exits_silently_on_a_signal(number: signal.Signals) -> None:
    with start_server() as server:
        initialize(server)
        server.send_signal(number)
        server.wait(timeout=TIMEOUT)
        assert server.stdout is not None
        assert server.stderr is not None
        assert (server.returncode, server.stdout.read(), server.stderr.read()) == (-number, "", "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pairs of sockets for a subprocess")
def test_the_server_exits_silently_when_the_connection_is_reset() -> None:
    ours, theirs = socket.socketpair()
    with subprocess.Popen(  # noqa: S603 - our own program
        SERVER,
        stdin=theirs.fileno(),
        stdout=theirs.fileno(),
        stderr=subprocess.PIPE,
        env=environment_without_settings(),
    ) as server:
        theirs.close()
        ours.sendall(json.dumps(INITIALIZE).encode() + b"\n")
        select.select([ours], [], [], TIMEOUT)
        ours.close()  # with an unread response, which resets the connection
        _, complaints = server.communicate(timeout=TIMEOUT)
    assert (server.returncode, complaints) == (0, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="only POSIX has pipes that do not block")
def test_a_non_blocking_stdin_is_read_to_its_end() -> None:
    theirs, ours = os.pipe()
    os.set_blocking(theirs, False)
    with subprocess.Popen(  # noqa: S603 - our own program
        SERVER, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment_without_settings()
    ) as server:
        os.close(theirs)
        assert server.stdout is not None
        os.write(ours, json.dumps(INITIALIZE).encode() + b"\n")
        assert json.loads(server.stdout.readline())["id"] == 1
        os.write(ours, json.dumps({"jsonrpc": "2.0", "id": 2, "method": "ping"}).encode() + b"\n")
        assert json.loads(server.stdout.readline())["id"] == 2
        os.close(ours)
        _, complaints = server.communicate(timeout=TIMEOUT)
    assert (server.returncode, complaints) == (0, b"")


@pytest.mark.parametrize("level", ["WARNING", "DEBUG"])
async def test_stdout_carries_only_json_rpc_and_no_output_shows_the_key(
    url: str, api: SandboxApp, faults: FaultScript, level: str
) -> None:
    key = "wk-5f81c2e07d9a4b36"
    faults.push(CannedResponse(503), times=1)
    faults.push(CannedResponse(401, body=b'{"message": "Received API Key = wk-...4b36"}'), times=1)
    call: dict[str, Any] = {
        "jsonrpc": "2.0",
        "method": "tools/call",
        "params": {"name": "list_applications", "arguments": {}},
    }
    messages = [INITIALIZE, {"jsonrpc": "2.0", "method": "notifications/initialized"}, {**call, "id": 2}]

    def talk() -> tuple[list[dict[str, Any]], str]:
        with start_server(WRITER_API_KEY=key, WRITER_BASE_URL=url, WRITER_JOBS_LOG_LEVEL=level) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdin.write("this is not JSON\n" + "".join(json.dumps(message) + "\n" for message in messages))
            server.stdin.flush()
            answers = [json.loads(server.stdout.readline()) for _ in range(2)]
            rest, complaints = server.communicate(timeout=TIMEOUT)
        return [*answers, *(json.loads(line) for line in rest.splitlines())], complaints

    answers, complaints = await anyio.to_thread.run_sync(talk)
    assert [answer["id"] for answer in answers] == [1, 2]
    assert answers[1]["result"]["isError"] is True
    assert len(api.received) == 2
    everything = json.dumps(answers) + complaints
    assert [part for part in (key, key[:6], key[-6:], "4b36") if part in everything] == []
