"""In random histories the numbers of every report add up, and no failure is sent twice within ten minutes."""

from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from mcp.client import Client
from mcp.client.context import ClientRequestContext
from mcp_types import ElicitRequestParams, ElicitResult

from tests.conftest import ALIAS, NOW, Clock, config_for
from tests.helpers.consent import AGREE, DECLINE
from tests.helpers.retry_selections import RATE_LIMIT, TIMEOUT, add_failed, call, fail_again, suggested
from tests.helpers.tally import gate_or_full
from writer_jobs_mcp.client import asgi_transport
from writer_jobs_mcp.client.sent_retries import RETRY_COOLDOWN
from writer_jobs_mcp.sandbox import CannedResponse, FaultScript, SandboxStore, build_app
from writer_jobs_mcp.sandbox.app import ReceivedRequest
from writer_jobs_mcp.server.build import build_server

ERRORS = [RATE_LIMIT, TIMEOUT, "Input missing: 'Brand' is required", ""]
REJECTED = (401, 403, 404, 409, 429)  # the job was not started
RESPONSES = [
    *(CannedResponse(status, headers={"retry-after-ms": "1"}) for status in REJECTED),
    CannedResponse(202, b"{}"),  # accepted, but the old failure is shown on
    CannedResponse(200, b"{}"),
    CannedResponse(503),
    CannedResponse(307),
]


class History:
    """A server, its Writer and a clock; each step is drawn at random."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - draws a history, guards nothing
        self.clock, self.faults = Clock(), FaultScript()
        self.store = SandboxStore(now=NOW, clock=self.clock, jobs=0)
        self.posts: list[tuple[datetime, ReceivedRequest]] = []
        api = build_app(self.store, faults=self.faults, on_request=self._note)
        config = config_for("http://localhost", WRITER_JOBS_ALLOW_RETRY="true", WRITER_JOBS_CALL_BUDGET="20")
        self.server = build_server(config, transport=asgi_transport(api), clock=self.clock)
        self.user = self.random.choice([self.answer, None])
        self.ids: list[str] = []
        self.last: dict[str, Any] = {}

    def _note(self, request: ReceivedRequest) -> None:
        if request.method == "POST":
            self.posts.append((self.clock(), request))

    async def answer(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG002 - the SDK's
        self.disturb()
        return self.random.choice([AGREE, AGREE, DECLINE])

    def disturb(self) -> None:
        """Let something happen at Writer."""
        for job in self.random.sample(self.ids, min(2, len(self.ids))):
            match self.random.randrange(4):
                case 0:
                    self.store.retry(job)
                case 1:
                    fail_again(self.store, job, self.random.choice(ERRORS[:3]))
                case 2:
                    fault = self.random.choice(RESPONSES)
                    self.faults.push(fault, on=f"POST .*{job}", times=self.random.choice([1, 3]))
                case _:
                    self.store.remove(job)
                    self.ids.remove(job)

    def fail(self) -> None:
        count, age = self.random.randrange(1, 8), timedelta(minutes=self.random.randrange(1, 600))
        self.ids += add_failed(self.store, count, self.random.choice(ERRORS), age=age)

    async def call(self, client: Client) -> None:
        follows = suggested(self.last) if self.random.random() < 0.5 else None
        selection = self.random.choice(
            [{"since": "24h"}, {"category": "rate_limit"}, {"contains": "t"}, {"since": "5h", "until": "1h"}]
        )
        more = {"max_jobs": self.random.choice([1, 3, 50]), "dry_run": self.random.random() < 0.4}
        self.last = await call(client, follows or {"application_id": ALIAS, **selection, **more})

    async def run(self, mode: str, steps: int) -> None:
        async with Client(self.server, mode=mode, elicitation_callback=self.user) as client:
            for _ in range(steps):
                self.fail()
                self.disturb()
                await self.call(client)
                self.clock.advance(minutes=self.random.choice([0, 1, 11]))


@pytest.mark.parametrize("seed", range(gate_or_full(6, 60)))
async def test_in_random_histories_numbers_add_up_and_no_failure_is_sent_twice(seed: int) -> None:
    history = History(seed)
    await history.run(mode="legacy" if seed % 2 else "auto", steps=gate_or_full(10, 20))
    assert history.posts
    by_job: dict[str, list[datetime]] = {}
    for at, request in history.posts:
        if request.status not in REJECTED:
            by_job.setdefault(request.path, []).append(at)
    for times in by_job.values():
        assert all(later - earlier >= RETRY_COOLDOWN for earlier, later in pairwise(times))
