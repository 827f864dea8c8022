"""A user who can be asked before a retry, and failed jobs to ask about."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from mcp.client import Client
from mcp.client.context import ClientRequestContext
from mcp_types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult, ErrorData

from tests.conftest import ALIAS, NOW
from tests.helpers.retries import posted_ids, retry_server
from writer_jobs_mcp.sandbox import SandboxApp, SandboxStore

RATE_LIMIT = "Rate limit exceeded for this key"
AGREE = ElicitResult(action="accept", content={"retry": True})
DECLINE = ElicitResult(action="decline")


class User:
    """A user with one result to every question.

    Attributes:
        questions: The questions so far.
        posts_before: How many retries had been sent when the questions were asked.
    """

    def __init__(
        self, result: ElicitResult | ErrorData, api: SandboxApp, while_asked: Callable[[], None] = lambda: None
    ) -> None:
        self._answer, self._api, self._while_asked = result, api, while_asked
        self.questions: list[str] = []
        self.posts_before = 0

    async def __call__(
        self,
        context: ClientRequestContext,  # noqa: ARG002 - the SDK passes it by position, and its types by name
        params: ElicitRequestParams,
    ) -> ElicitResult | ErrorData:
        assert isinstance(params, ElicitRequestFormParams)
        self.questions.append(params.message)
        self.posts_before += count_posts(self._api)
        self._while_asked()
        return self._answer


def count_posts(api: SandboxApp) -> int:
    """Return how many retries the API received."""
    return len(posted_ids(api))


@asynccontextmanager
async def client_with_user(user: User, url: str, mode: str, **environ: str) -> AsyncGenerator[Client]:
    """Connect a client whose user can be asked to a server that may retry jobs."""
    async with Client(retry_server(url, lambda: NOW, **environ), mode=mode, elicitation_callback=user) as client:
        yield client


def add_failed_jobs(store: SandboxStore, error: str, count: int = 1, application: str = ALIAS) -> list[str]:
    """Add failed jobs to the sandbox and return their ids."""
    an_hour_ago = NOW.replace(hour=NOW.hour - 1)
    return [store.add(application, created_at=an_hour_ago, error=error).id for _ in range(count)]
