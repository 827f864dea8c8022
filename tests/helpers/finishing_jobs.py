"""Wait for the jobs of a fake API: through a client, or on its clock without waiting."""

from dataclasses import dataclass
from typing import Any

from mcp.client import Client
from mcp.server import MCPServer

from tests.fakes.finishing_jobs import FinishingJobsApi
from tests.helpers.facts import missing_facts
from tests.helpers.key import KEY
from tests.helpers.mcp import structure_of, text_of
from tests.helpers.run_async import run_async
from writer_jobs_mcp.client import asgi_transport, open_client
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.context import App
from writer_jobs_mcp.results.jobs_wait import JobsWait, jobs_wait
from writer_jobs_mcp.server.build import build_server
from writer_jobs_mcp.triage.find_application import ResolvedApplication
from writer_jobs_mcp.triage.watch_running import RunningWatch

SECONDS = 30  # that a wait on the clock of the API takes at most
_SETTINGS = {"WRITER_API_KEY": KEY, "WRITER_BASE_URL": "http://localhost"}


def server_of(api: FinishingJobsApi) -> MCPServer[App]:
    """Return a server on the clock of the API."""
    return build_server(Config.from_env(_SETTINGS), transport=asgi_transport(api), clock=lambda: api.now)


async def wait_for_jobs(api: FinishingJobsApi, **arguments: Any) -> dict[str, Any]:
    """Return the structure of a call's result; its text must state the same facts."""
    async with Client(server_of(api)) as client:
        result = await client.call_tool("wait_for_jobs", {"application_id": "a", **arguments})
    structure = structure_of(result)
    assert missing_facts(structure, text_of(result)) == []
    return structure


def numbers(result: dict[str, Any]) -> dict[str, int]:
    """Return how many jobs are in which state, without those of which there are none."""
    named = {name: result.get(name, 0) for name in ("finished", "completed", "failed", "running", "stuck_count")}
    return {name: number for name, number in named.items() if number}


@dataclass
class Watched:
    """A wait that is over, and the times of the API's clock that it lies between."""

    result: JobsWait
    began: float
    first_look_ended: float
    looks: list[float]  # when each began
    ended: float

    @property
    def last_look_began(self) -> float:
        return self.looks[-1]


def watch(api: FinishingJobsApi, *, until_failure: bool = False) -> Watched:
    """Wait for the jobs of an API, on its clock."""

    async def run() -> Watched:
        async def ignore(_running: int, _watched: int) -> None: ...

        async def sleep(seconds: float) -> None:
            await api.sleep(seconds)
            looks.append(api.seconds)

        began = api.seconds
        looks = [began]  # when each began; a look may read the first page more than once
        async with open_client(Config.from_env(_SETTINGS), asgi_transport(api)) as client:
            watching = RunningWatch(
                client,
                "a",
                until_failure=until_failure,
                now=lambda: api.now,
                clock=lambda: api.seconds,
                sleep=sleep,
            )
            await watching.begin(SECONDS)
            first_look_ended = api.seconds
            await watching.wait(began + SECONDS, ignore)
            await watching.read_outcomes()
        result = jobs_wait(
            watching.summary(),
            ResolvedApplication("a"),
            until_failure=until_failure,
            waited=api.seconds - began,
            given={},
        )
        return Watched(result, began, first_look_ended, looks, api.seconds)

    return run_async(run)
