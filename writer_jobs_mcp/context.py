"""What one running server shares: its client, its clock, its permissions, and what it must remember between calls."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from writer_jobs_mcp.client.sent_retries import SentRetries
from writer_jobs_mcp.triage.dry_runs import DryRuns
from writer_jobs_mcp.triage.known_errors import KnownErrors

if TYPE_CHECKING:
    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.results.retry_question import Question


@dataclass
class App:
    """What the tools, resources and completions of one server share."""

    create_client: Callable[[], "WriterClient"]
    clock: Callable[[], datetime]
    allow_retry: bool = False
    questions: "list[Question]" = field(default_factory=list["Question"])
    """The last questions put to users, the oldest first."""
    known_errors: KnownErrors = field(default_factory=KnownErrors)
    """What jobs failed with that were named as examples."""
    dry_runs: DryRuns = field(default_factory=DryRuns)
    """What calls were suggested for."""
    _sessions: int = field(default=0, init=False)

    @cached_property
    def client(self) -> "WriterClient":
        """The client of the Writer API, created when it is first needed; it keeps its connections."""
        return self.create_client()

    @cached_property
    def sent_retries(self) -> SentRetries:
        """The retries sent so far, so that none is sent twice."""
        return SentRetries(self.clock)

    @asynccontextmanager
    async def session(self) -> AsyncGenerator["App"]:
        """Serve one session; when the last one ends, close the client."""
        self._sessions += 1
        try:
            yield self
        finally:
            self._sessions -= 1
            if not self._sessions and (client := vars(self).pop("client", None)):
                await client.aclose()
