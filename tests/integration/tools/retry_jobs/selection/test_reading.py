"""How a selection is read: by pages, also where Writer's list of failed jobs cannot be relied on."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from mcp.client import Client
from starlette.types import Receive, Scope, Send

from tests.conftest import ALIAS, NOW, Clock
from tests.helpers.consent import AGREE, User
from tests.helpers.retries import HeldRequest, retry_server
from tests.helpers.retry_selections import (
    RATE_LIMIT,
    add_failed,
    dry_run,
    follow,
    get_job,
    posts_per_job,
    retry,
    suggested,
)
from writer_jobs_mcp.sandbox import CannedResponse, FaultScript, SandboxApp, SandboxStore, build_app, serve


class WithoutFilter:
    """An API that ignores the status filter."""

    def __init__(self, api: SandboxApp) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            query = scope["query_string"].decode().split("&")
            scope = {**scope, "query_string": "&".join(p for p in query if not p.startswith("status=")).encode()}
        await self._api(scope, receive, send)


@asynccontextmanager
async def asked(
    url: str, clock: Clock, user: User | None, mode: str = "auto", **environ: str
) -> AsyncGenerator[Client]:
    async with Client(retry_server(url, clock, **environ), mode=mode, elicitation_callback=user) as client:
        yield client


async def test_the_states_of_a_selection_are_read_by_pages(
    url: str, clock: Clock, store: SandboxStore, api: SandboxApp
) -> None:
    ids = add_failed(store, 110)
    async with asked(url, clock, User(AGREE, api)) as client:
        report = await retry(client, since="24h", max_jobs=110)
    assert report["outcomes"] == {"accepted": 110}
    reads = [request.request_line for request in api.received if request.method == "GET"]
    assert len(reads) <= 16
    assert not any(job in line for line in reads for job in ids)


async def test_a_selection_is_read_although_the_status_filter_is_ignored(clock: Clock, store: SandboxStore) -> None:
    ids = add_failed(store, 30)
    for number in range(120):
        store.add(ALIAS, created_at=NOW - timedelta(hours=1, seconds=number / 5))
    api = build_app(store)
    async with serve(WithoutFilter(api)) as url, asked(url, clock, User(AGREE, api)) as client:
        report = await retry(client, since="24h")
    assert report["outcomes"] == {"accepted": 30}
    assert posts_per_job(api) == dict.fromkeys(ids, 1)
    assert sum(request.method == "GET" for request in api.received) < 20


async def test_without_the_endpoint_for_single_jobs_a_selection_is_retried(clock: Clock, store: SandboxStore) -> None:
    ids = add_failed(store, 5)
    api = build_app(store, single_job_endpoint=False)
    async with serve(api) as url, asked(url, clock, User(AGREE, api)) as client:
        report = await retry(client, like=ids[0])
    assert report["outcomes"] == {"accepted": 5}


async def test_an_unreadable_row_is_told_and_the_others_are_retried(
    clock: Clock, store: SandboxStore, mode: str
) -> None:
    ids = add_failed(store, 5)
    store.add(ALIAS, created_at=NOW - timedelta(hours=2), error=RATE_LIMIT).id = ""
    api = build_app(store)
    user = User(AGREE, api, lambda: store.remove(ids[1]))
    async with serve(api) as url, asked(url, clock, user, mode) as client:
        report = await retry(client, since="24h")
    assert report["message"] == (
        "Some jobs could not be read again before they were sent. 1 of their rows were unreadable. "
        "Not all failed jobs could be read. 1 of their rows were unreadable."
    )
    assert (report["outcomes"], report["left"]) == ({"accepted": 4}, 1)


async def test_when_the_states_cannot_be_read_again_nothing_is_sent(
    url: str, clock: Clock, store: SandboxStore, api: SandboxApp, faults: FaultScript, mode: str
) -> None:
    ids = add_failed(store, 5)
    is_down = True

    def while_asked() -> None:
        if is_down:
            faults.push(CannedResponse(403), on="^GET .*/jobs", times=None)

    user = User(AGREE, api, while_asked)
    async with asked(url, clock, user, mode) as client:
        report = await retry(client, since="24h")
        assert (report["left"], "outcomes" in report) == (5, False)
        assert report["message"].startswith(
            "The jobs could not be read again before they were sent. The API key may not"
        )
        assert posts_per_job(api) == {}
        faults.clear()
        is_down = False
        (rest,) = await follow(client, report)
    assert rest["outcomes"] == {"accepted": 5}
    assert posts_per_job(api) == dict.fromkeys(ids, 1)


@pytest.mark.parametrize("asks", [True, False])
async def test_what_there_was_no_time_to_read_is_told_with_the_call_that_goes_on(
    clock: Clock, store: SandboxStore, faults: FaultScript, asks: bool
) -> None:
    ids = add_failed(store, 60)
    api = build_app(store, faults=faults, max_limit=20)
    faults.push(HeldRequest(), on=r"^GET .*offset=(3[89]|[45]\d)", times=None)
    user = User(AGREE, api) if asks else None
    async with serve(api) as url, asked(url, clock, user, WRITER_JOBS_CALL_BUDGET="5") as client:
        report = await retry(client, since="24h", max_jobs=10)
        assert "Not all failed jobs could be read. Writer did not answer about application" in report["message"]
        read = report["selected"]
        assert 20 <= read < 60
        assert (report["outcomes"], report["left"]) == ({"accepted": 10}, read - 10)
        faults.clear()
        reports = await follow(client, report)
        unread = suggested(reports[-1], dry_run=True) if reports else None
        planned = await dry_run(client, **(unread or suggested(report, dry_run=True) or {"since": "24h"}))
        await follow(client, planned)
    assert posts_per_job(api) == dict.fromkeys(ids, 1)


@pytest.mark.parametrize("hostile", ["x\u202ey", "a b\u200b"])
async def test_an_id_that_cannot_be_shown_as_it_is_is_not_suggested(
    clock: Clock, store: SandboxStore, hostile: str
) -> None:
    ids = add_failed(store, 4)
    get_job(store, ids[2]).id = hostile
    api = build_app(store)
    async with serve(api) as url, asked(url, clock, User(AGREE, api)) as client:
        report = await retry(client, like=ids[0], max_jobs=2)
        assert report["left"] == 2
        assert (suggested(report) or {})["like"] == ids[0]
