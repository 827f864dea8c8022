"""The check of every client: list the tools, call three of them, and recognise an error."""

import json
from collections.abc import Sequence
from typing import Any, Protocol

from tests.e2e.real_clients.programs import CheckFailed

NO_SUCH_JOB = {"job_id": "no-such-job"}


class ClientUnderTest(Protocol):
    """A real client, connected to the server."""

    async def tools(self) -> list[str]:
        """Return the names of the offered tools."""
        ...

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return the result of one call in the protocol's form: ``content``, ``structuredContent``, ``isError``."""
        ...


async def check_client(client: ClientUnderTest, offered: Sequence[str]) -> list[str]:
    """Return the transcript, one line per call.

    Raises:
        CheckFailed: A result is wrong.
    """
    tools = await client.tools()
    expect(sorted(tools) == sorted(offered), f"the tools are {tools}, not {list(offered)}")
    listed = await _structure(client, "list_applications", {})
    applications: list[dict[str, str]] = listed["applications"]
    expect(len(applications) == 3, f"the sandbox has three applications, not {len(applications)}")
    day = {"application_id": applications[-1]["id"], "since": "24h"}
    report = await _structure(client, "triage_application_jobs", day)
    groups: list[dict[str, Any]] = report["failures"]
    expect(sum(group["count"] for group in groups) == report["counts"]["failed"], f"the groups do not add up: {report}")
    wanted = {"application_id": applications[-1]["id"], "status": "failed", "limit": 2}
    page = await _structure(client, "list_application_jobs", wanted)
    expect([job["status"] for job in page["jobs"]] == ["failed", "failed"], f"two failed jobs were asked for: {page}")
    refused = await client.call("get_job_error", NO_SUCH_JOB)
    message: str = refused["content"][0]["text"]
    expect(refused.get("isError") is True, f"the error is not seen as one: {refused}")
    expect('Writer does not know job "no-such-job"' in message, f"the error has another text: {message}")
    return [
        _transcript_line("tools/list", f"{len(tools)}: {', '.join(tools)}"),
        _transcript_line("list_applications", ", ".join(application["name"] for application in applications)),
        _transcript_line(
            "triage_application_jobs", f"{report['counts']['failed']} failures in {len(groups)} groups", day
        ),
        _transcript_line(
            "list_application_jobs", f"{page['page']['returned']} failed jobs of {page['page']['total']}", wanted
        ),
        _transcript_line("get_job_error", f"error: {message}", NO_SUCH_JOB),
    ]


def expect(holds: bool, otherwise: str) -> None:
    """Fail the check unless the condition holds.

    Raises:
        CheckFailed: With ``otherwise`` as the message.
    """
    if not holds:
        raise CheckFailed(otherwise)


async def _structure(client: ClientUnderTest, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    result = await client.call(tool, arguments)
    structure: dict[str, Any] | None = result.get("structuredContent")
    expect(not result.get("isError") and structure is not None, f"{tool} answered {result}")
    return structure or {}


def _transcript_line(asked: str, answered: str, arguments: dict[str, Any] | None = None) -> str:
    return f"{asked}({json.dumps(arguments) if arguments else ''}) → {answered}"
