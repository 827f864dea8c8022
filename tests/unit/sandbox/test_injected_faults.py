"""Injected faults break the responses as scripted, and no others."""

import httpx
import pytest

from tests.helpers.sandbox import FIRST, JOBS, parse_job_list
from writer_jobs_mcp.sandbox import (
    SANDBOX_KEY,
    CannedResponse,
    Delay,
    DroppedConnection,
    FaultScript,
    InjectedFault,
    NotHttp,
    SandboxStore,
    StalledBody,
    TruncatedBody,
    WrongContentType,
    build_app,
)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (DroppedConnection(), httpx.RemoteProtocolError),
        (DroppedConnection(reset=True), httpx.ReadError),
        (DroppedConnection(handled=True), httpx.RemoteProtocolError),
        (NotHttp(), httpx.RemoteProtocolError),
        (TruncatedBody(bytes_sent=100), httpx.RemoteProtocolError),
        (TruncatedBody(bytes_sent=0), httpx.RemoteProtocolError),
        (StalledBody(bytes_before=100, seconds=30), httpx.ReadTimeout),
        (Delay(seconds=30), httpx.ReadTimeout),
        (Delay(seconds=0.01, then=DroppedConnection()), httpx.RemoteProtocolError),
    ],
    ids=str,
)
async def test_a_broken_response_is_a_transport_error_and_the_next_request_succeeds(
    client: httpx.AsyncClient, faults: FaultScript, fault: InjectedFault, error: type[httpx.TransportError]
) -> None:
    faults.push(fault)

    with pytest.raises(error) as caught:
        await client.get(JOBS, timeout=httpx.Timeout(20, read=0.3 if error is httpx.ReadTimeout else 20))

    assert caught.type is error
    assert parse_job_list(await client.get(JOBS)).totalCount == 400


async def test_a_canned_response_has_its_status_headers_and_body(
    client: httpx.AsyncClient, faults: FaultScript
) -> None:
    faults.push(CannedResponse(429, b"<p>Slow down", {"Retry-After": "2", "Content-Type": "text/html"}))

    response = await client.get(JOBS)

    assert (response.status_code, response.text) == (429, "<p>Slow down")
    assert (response.headers["retry-after"], response.headers["content-type"]) == ("2", "text/html")


async def test_a_wrong_content_type_keeps_the_real_body(client: httpx.AsyncClient, faults: FaultScript) -> None:
    faults.push(WrongContentType("text/html"))

    response = await client.get(JOBS)

    assert response.headers["content-type"] == "text/html"
    assert parse_job_list(response).totalCount == 400


@pytest.mark.parametrize("fault", [StalledBody(bytes_before=100, seconds=0.01), Delay(seconds=0.01)], ids=str)
async def test_a_short_delay_does_not_change_the_response(
    client: httpx.AsyncClient, faults: FaultScript, fault: InjectedFault
) -> None:
    faults.push(fault)

    assert (await client.get(JOBS)).content == (await client.get(JOBS)).content


async def test_faults_apply_only_to_the_next_matching_requests(client: httpx.AsyncClient, faults: FaultScript) -> None:
    faults.push(CannedResponse(503), on=r"^GET .*/jobs\?.*offset=20", times=2)
    paths = [f"{JOBS}?offset=20", JOBS, f"{JOBS}?offset=20", f"{JOBS}?offset=20"]

    assert [(await client.get(path)).status_code for path in paths] == [503, 200, 503, 200]
    assert faults.pending == 0


async def test_unlimited_faults_apply_until_they_are_cleared(client: httpx.AsyncClient, faults: FaultScript) -> None:
    faults.push(CannedResponse(500), times=None)
    assert [(await client.get(JOBS)).status_code for _ in range(3)] == [500, 500, 500]

    faults.clear()

    assert (await client.get(JOBS)).status_code == 200


@pytest.mark.parametrize(("handled", "status"), [(True, "in_progress"), (False, "failed")])
async def test_a_retry_whose_response_is_lost_may_or_may_not_have_happened(
    client: httpx.AsyncClient, faults: FaultScript, store: SandboxStore, handled: bool, status: str
) -> None:
    job = store.jobs(FIRST.id, "failed")[0]
    faults.push(DroppedConnection(handled=handled), on="^POST")

    with pytest.raises(httpx.RemoteProtocolError):
        await client.post(f"/v1/applications/jobs/{job.id}/retry")

    assert job.status(store.clock()) == status


async def test_requests_work_in_process_but_connection_faults_raise(store: SandboxStore, faults: FaultScript) -> None:
    transport = httpx.ASGITransport(build_app(store, faults=faults))
    headers = {"Authorization": f"Bearer {SANDBOX_KEY}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers=headers) as client:
        assert parse_job_list(await client.get(JOBS)).totalCount == 400
        faults.push(DroppedConnection())
        with pytest.raises(RuntimeError, match="has to be run by `serve`"):
            await client.get(JOBS)
