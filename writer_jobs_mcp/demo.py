"""``writer-jobs-mcp demo``: the questions of a triage, asked of a real server by a real client, on the embedded API."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import TextContent

from writer_jobs_mcp import __version__

_CHARACTERS_A_TOKEN = 3.6
"""A rule of thumb for such text in current models' vocabularies."""

_QUESTION, _CALL, _RULE = "1;36", "33", "2"  # ANSI: bold cyan, yellow, dim


async def demo(write: Callable[[str], None], coloured: bool, environ: Mapping[str, str]) -> None:
    """Play the dialogue, a paragraph at a time through ``write``.

    Raises:
        DemoFailed: The server did not answer as it should.
    """
    itself = StdioServerParameters(
        command=sys.executable, args=["-m", "writer_jobs_mcp", "--sandbox"], env=dict(environ)
    )
    async with Client(stdio_client(itself)) as client:
        await _Dialogue(client, write, coloured).play()


class DemoFailed(Exception):
    """The server did not answer a question of the demo as it should."""


@dataclass(frozen=True, slots=True)
class _Dialogue:
    client: Client
    write: Callable[[str], None]
    coloured: bool

    async def play(self) -> None:
        tools = (await self.client.list_tools()).tools
        self.write(
            f"An agent has started writer-jobs-mcp {__version__} as a subprocess and speaks MCP "
            f"{self.client.protocol_version} to it over stdio.\n"
            f"It is offered {len(tools)} tools: {', '.join(tool.name for tool in tools)}.\n"
            "Behind each bar is what the agent reads. What stands in quotation marks there was written by the jobs.\n"
        )
        listed = await self.ask("Which applications do I have?", "list_applications")
        application: dict[str, str] = listed["applications"][-1]
        failed = await self.ask(
            f"What failed lately in {application['name']}?",
            "list_application_jobs",
            {"application_id": application["id"], "status": "failed", "limit": 6},
        )
        await self.ask("Why did the latest of them fail?", "get_job_error", {"job_id": failed["jobs"][0]["id"]})
        another = max(failed["jobs"][1:], key=lambda job: job.get("error_chars", 0))
        await self.ask("And the one that says the most?", "get_job_error", {"job_id": another["id"]})
        await self.ask(
            "Is anything still running?",
            "list_application_jobs",
            {"application_id": application["id"], "status": "in_progress", "limit": 5},
        )
        await self.ask(
            "(The agent makes a mistake.)",
            "list_application_jobs",
            {"application_id": application["id"], "status": "done"},
            is_error=True,
        )
        self.write(
            "That was the embedded API. For your own jobs: put a key into claude_desktop_config.example.json, "
            "as the README says."
        )

    async def ask(
        self, question: str, tool: str, arguments: dict[str, Any] | None = None, *, is_error: bool = False
    ) -> dict[str, Any]:
        """Show a question, the call it leads to, and the answer; return the answer's structure."""
        arguments = arguments or {}
        result = await self.client.call_tool(tool, arguments)
        text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
        if bool(result.is_error) is not is_error or not text:
            message = f"{tool}({arguments}) was not answered as it should be: {text or 'no text'}"
            raise DemoFailed(message)
        said = ", ".join(f"{name}={json.dumps(value)}" for name, value in arguments.items())
        bar = self._in(_RULE, "│")
        size = f"{len(text):,} characters, about {round(len(text) / _CHARACTERS_A_TOKEN):,} tokens"
        self.write(
            "\n".join(
                [
                    self._in(_QUESTION, question),
                    self._in(_CALL, f"→ {tool}({said})"),
                    *(f"{bar} {line}" for line in text.splitlines()),
                    self._in(_RULE, f"  {size}"),
                    "",
                ]
            )
        )
        return result.structured_content or {}

    def _in(self, colour: str, text: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self.coloured else text
