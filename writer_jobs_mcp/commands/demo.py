"""``writer-jobs-mcp demo``: a real client asks a real server the questions of a triage, on the embedded Writer API."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import anyio
from mcp.client import Client
from mcp.client.context import ClientRequestContext
from mcp.client.stdio import stdio_client
from mcp_types import ElicitRequestParams, ElicitResult, TextContent

from writer_jobs_mcp import __version__
from writer_jobs_mcp.commands.output import print_error, print_text
from writer_jobs_mcp.commands.self_server import self_server_parameters
from writer_jobs_mcp.config import Config

_CHARACTERS_PER_TOKEN = 3.6
"""A rule of thumb for such text with the tokenizers of current models."""


def run_demo(environ: Mapping[str, str]) -> int:
    """Play the dialogue on stdout; return 1 if the server does not answer as it should."""
    level = {name: value for name, value in environ.items() if name == "WRITER_JOBS_LOG_LEVEL"}
    coloured = supports_colours(sys.stdout.isatty(), environ, os.name)
    try:
        anyio.run(play_demo, print_text, coloured, environ, Config.from_env(level).log_level)
    except DemoFailed as exc:
        print_error(str(exc))
        return 1
    return 0


async def play_demo(write: Callable[[str], None], coloured: bool, environ: Mapping[str, str], log_level: str) -> None:
    """Play the dialogue; ``write`` takes it a paragraph at a time.

    Raises:
        DemoFailed: The server did not answer as it should.
    """
    # The dialogue never depends on the user's settings.
    kept = {name: value for name, value in environ.items() if not name.startswith("WRITER_")}
    ours = {"WRITER_JOBS_ALLOW_RETRY": "true", "WRITER_JOBS_LOG_LEVEL": log_level}
    server = self_server_parameters(kept | ours, "--sandbox")
    paint = _Colours(coloured)

    async def agree(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG001 - the SDK names both
        write(f"{paint.frame('│')} (The server asks the user) {params.message}\n{paint.frame('│')} (The user agrees.)")
        return ElicitResult(action="accept", content={"retry": True})

    async with Client(stdio_client(server), elicitation_callback=agree) as client:
        await _Dialogue(client, write, paint).play()


def supports_colours(is_terminal: bool, environ: Mapping[str, str], system: str) -> bool:
    """Return True if stdout shows colours; ``system`` is a value of ``os.name``."""
    if not is_terminal or environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    # The old console of Windows prints the escape codes; terminals that support colours set one of these.
    return system != "nt" or not environ.keys().isdisjoint(("WT_SESSION", "TERM", "TERM_PROGRAM", "ANSICON"))


class DemoFailed(Exception):
    """The server did not answer a question of the demo as it should."""


@dataclass(frozen=True, slots=True)
class _Colours:
    """The parts of a dialogue, coloured on a terminal."""

    coloured: bool

    def question(self, text: str) -> str:
        return self._in("1;36", text)  # bold cyan

    def call(self, text: str) -> str:
        return self._in("33", text)  # yellow

    def frame(self, text: str) -> str:
        return self._in("2", text)  # dim

    def _in(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.coloured else text


@dataclass(frozen=True, slots=True)
class _Dialogue:
    client: Client
    write: Callable[[str], None]
    paint: _Colours

    async def play(self) -> None:
        tools = (await self.client.list_tools()).tools
        self.write(
            f"An agent has started writer-jobs-mcp {__version__} as a subprocess and speaks MCP "
            f"{self.client.protocol_version} with it over stdio.\n"
            f"The server offers {len(tools)} tools: {', '.join(tool.name for tool in tools)}.\n"
            "The agent reads the lines that begin with a bar. Text in quotation marks there was written by the jobs.\n"
        )
        listed = await self.ask("Which applications do I have?", "list_applications")
        application: dict[str, str] = listed["applications"][-1]
        triage = await self.ask(
            f"What failed overnight in {application['name']}, why, and is it new?",
            "triage_application_jobs",
            {"application_id": application["id"], "since": "12h"},
        )
        news = [group for group in triage["failures"] if group.get("trend") == "new"] or triage["failures"]
        await self.ask("Why do the jobs of the new group fail?", "get_job_error", {"job_id": news[0]["job_ids"][0]})
        limited = {"application_id": application["id"], "since": "12h", "category": "rate_limit"}
        dry_run = await self.ask("What would a retry of everything that was rate limited do?", "retry_jobs", limited)
        await self.ask("Then retry it.", "retry_jobs", dry_run["next"][0]["arguments"])
        await self.ask(
            "Tell me when it is done.", "wait_for_jobs", {"application_id": application["id"], "timeout_seconds": 5}
        )
        retried = next(group for group in triage["failures"] if group["category"] == "rate_limit")["job_ids"][0]
        await self.ask("What did one of them write?", "get_job_output", {"job_id": retried, "max_chars": 200})
        await self.ask(
            "(The agent makes a mistake.)",
            "list_application_jobs",
            {"application_id": application["id"], "status": "done"},
            is_error=True,
        )
        self.write(
            "These were jobs of the embedded Writer API. For your own, give your client a key, as the README shows."
        )

    async def ask(
        self, question: str, tool: str, arguments: dict[str, Any] | None = None, *, is_error: bool = False
    ) -> dict[str, Any]:
        """Show a question, the call that answers it, and the result; return the structure of the result."""
        arguments = arguments or {}
        call_arguments = ", ".join(f"{name}={json.dumps(value)}" for name, value in arguments.items())
        self.write(f"{self.paint.question(question)}\n{self.paint.call(f'→ {tool}({call_arguments})')}")
        result = await self.client.call_tool(tool, arguments)
        text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
        if bool(result.is_error) is not is_error or not text:
            message = f"Unexpected answer to {tool}({arguments}): {text or 'no text'}"
            raise DemoFailed(message)
        bar = self.paint.frame("│")
        size = f"  {len(text):,} characters, about {round(len(text) / _CHARACTERS_PER_TOKEN):,} tokens"
        self.write("\n".join([*(f"{bar} {line}" for line in text.splitlines()), self.paint.frame(size), ""]))
        return result.structured_content or {}
