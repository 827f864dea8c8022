"""``python -m tests.e2e.real_clients``: real MCP clients start the server and call its tools; prints transcripts."""

import json
import sys
import tempfile
import traceback
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import anyio

from scripts.snapshots import tool_schemas
from tests.e2e.real_clients.abrupt_close import python_sdk_1
from tests.e2e.real_clients.checks import check_client
from tests.e2e.real_clients.conformance import conformance
from tests.e2e.real_clients.connected_clients import Connect, ai_sdk, codex, inspector, python, typescript
from tests.e2e.real_clients.installations import FOLDER, PYTHON_SDKS_1
from tests.e2e.real_clients.listing_clients import claude_code, gemini_cli
from tests.e2e.real_clients.programs import CheckFailed

SERVER = (sys.executable, "-m", "writer_jobs_mcp", "--sandbox")
TIMEOUT = 90  # seconds for one client, so that no client hangs forever
CONCURRENCY = 2  # clients

Trial = Callable[[Sequence[str], Path], Awaitable[list[str]]]


async def main() -> int:
    """Check every client and print its transcript; return 1 if a check failed."""
    # Tools that change something are offered only if the settings allow it; here they do not.
    offered = [name for name, tool in (await tool_schemas()).items() if tool["annotations"]["readOnlyHint"]]
    trials: dict[str, Trial] = {
        "The Python SDK, in the newest protocol": check_of(python("auto"), offered),
        "The Python SDK, in the protocol of 2025": check_of(python("legacy"), offered),
        "The TypeScript SDK, @modelcontextprotocol/client": check_of(typescript("2"), offered),
        "The TypeScript SDK, @modelcontextprotocol/sdk": check_of(typescript("1"), offered),
        **{f"The Python SDK {version}, closing with a call open": python_sdk_1(version) for version in PYTHON_SDKS_1},
        "The AI SDK, with a slow server start": check_of(ai_sdk, offered),
        "The MCP Inspector, strict, in the newest protocol": check_of(inspector("modern"), offered),
        "The MCP Inspector, strict, in the protocol of 2025": check_of(inspector("legacy"), offered),
        "Codex": check_of(codex, offered),
        "Claude Code": claude_code,
        "Gemini CLI": gemini_cli,
        "The official conformance suite": conformance,
    }
    transcripts: dict[str, list[str] | CheckFailed] = {}
    limiter = anyio.CapacityLimiter(CONCURRENCY)

    async def run(name: str, trial: Trial) -> None:
        async with limiter:
            transcripts[name] = await run_trial(trial)

    async with anyio.create_task_group() as group:
        for name, trial in trials.items():
            group.start_soon(run, name, trial)
    for name in trials:
        found = transcripts[name]
        sys.stdout.write(f"{name}\n")
        lines = [f"FAILED: {found}"] if isinstance(found, CheckFailed) else found
        sys.stdout.writelines(f"  {line}\n" for line in lines)
    failed = sum(isinstance(found, CheckFailed) for found in transcripts.values())
    sys.stdout.write(f"\n{client_versions()}\n{len(trials) - failed} clients passed, {failed} failed\n")
    return 1 if failed else 0


def check_of(connect: Connect, offered: Sequence[str]) -> Trial:
    """Return the check of a client that can call tools on request."""

    async def trial(server: Sequence[str], home: Path) -> list[str]:
        async with connect(server, home) as client:
            return await check_client(client, offered)

    return trial


async def run_trial(trial: Trial) -> list[str] | CheckFailed:
    """Run one check; return its transcript or its failure."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        try:
            with anyio.fail_after(TIMEOUT):
                return await trial(SERVER, Path(home))
        except CheckFailed as deviation:
            return deviation
        except Exception:  # one broken client must not stop the others
            return CheckFailed(traceback.format_exc())


def client_versions() -> str:
    """List the packages of the clients."""
    installed: dict[str, str] = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))["dependencies"]
    named = [*installed.items(), *(("mcp", version) for version in PYTHON_SDKS_1)]
    return ", ".join(f"{name} {version}" for name, version in named)


if __name__ == "__main__":
    sys.exit(anyio.run(main))
