"""Remember what dry runs selected, so that the call that one suggests is about the same failures and no later ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from writer_jobs_mcp.client.sent_retries import Failure
    from writer_jobs_mcp.failures import Category

_MAX_CALLS = 10  # each for as many jobs as have failed


class RetryCall(NamedTuple):
    """The arguments of a suggested call of ``retry_jobs`` that say which jobs it means."""

    application_id: str
    since: datetime | None
    until: datetime
    like: str | None
    category: Category | None
    contains: str | None


class DryRuns:
    """The failures that suggested calls are about: a window alone would also hold jobs that fail later."""

    def __init__(self) -> None:
        """Start with none."""
        self._failures: dict[RetryCall, Mapping[str, Failure]] = {}

    def remember(self, call: RetryCall, failures: Mapping[str, Failure]) -> None:
        """Remember the failures that a call was suggested for, by the ids of their jobs."""
        self._failures.pop(call, None)
        self._failures[call] = failures
        while len(self._failures) > _MAX_CALLS:
            del self._failures[next(iter(self._failures))]

    def get(self, call: RetryCall) -> Mapping[str, Failure] | None:
        """Return the failures that a call was suggested for; None if it was not suggested, or long ago."""
        return self._failures.get(call)
