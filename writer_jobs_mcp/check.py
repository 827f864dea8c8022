"""``writer-jobs-mcp check``: whether this server would work here, line by line."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import anyio
from mcp.client import Client
from mcp.client.stdio import stdio_client
from mcp.shared.exceptions import MCPError

from writer_jobs_mcp.client import WriterClient, connect
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import MissingKey, WriterError
from writer_jobs_mcp.itself import itself

_HANDSHAKE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was tried, in order."""

    tried: tuple[Finding, ...]

    @property
    def hold(self) -> bool:
        """Whether all is well."""
        return all(finding.ok for finding in self.tried)

    def as_text(self) -> str:
        """One line each."""
        return "\n".join(f"{'ok  ' if each.ok else 'FAIL'}  {each.name:<10}{each.detail}" for each in self.tried)

    def as_json(self) -> str:
        """``{"ok": bool, "checks": [{"name", "ok", "detail"}]}``."""
        return json.dumps({"ok": self.hold, "checks": [asdict(each) for each in self.tried]}, ensure_ascii=False)


async def check(config: Config, environ: Mapping[str, str]) -> Findings:
    """Try the settings, the way to Writer, the key, and a handshake with this server as its own subprocess."""
    async with connect(config) as client:
        reachable = await _reachable(client, config)
        key = await _key(client)
    return Findings((_settings(config), reachable, key, await _handshake(environ)))


def _settings(config: Config) -> Finding:
    source = "no key"
    if config.api_key:
        source = "key from WRITER_API_KEY"
    elif config.api_key_file:
        source = "key from the file that WRITER_API_KEY_FILE names"
    detail = (
        f"{source}; {config.call_budget:g} s a call, {config.concurrency} requests at once, "
        f"retrying jobs {'allowed' if config.allow_retry else 'not allowed'}"
    )
    return Finding("settings", ok=True, detail=detail)


async def _reachable(client: WriterClient, config: Config) -> Finding:
    started = anyio.current_time()
    try:
        await client.reach()
    except WriterError as exc:
        return Finding("reachable", ok=False, detail=str(exc))
    milliseconds = (anyio.current_time() - started) * 1000
    return Finding("reachable", ok=True, detail=f"{config.base_url} answered in {milliseconds:.0f} ms")


async def _key(client: WriterClient) -> Finding:
    try:
        page = await client.list_applications(limit=1)
    except MissingKey as exc:
        return Finding("key", ok=False, detail=str(exc))
    except WriterError as exc:
        return Finding("key", ok=False, detail=f"Not shown to be good: {exc}")
    sees = "sees applications" if page.rows else "is accepted, but sees no application"
    return Finding("key", ok=True, detail=sees)


async def _handshake(environ: Mapping[str, str]) -> Finding:
    started = anyio.current_time()
    try:
        with anyio.fail_after(_HANDSHAKE_SECONDS):
            async with Client(stdio_client(itself(environ))) as client:
                tools = (await client.list_tools()).tools
    except (MCPError, OSError, TimeoutError) as exc:
        detail = f"This server did not answer itself over stdio ({type(exc).__name__}). Its log is above."
        return Finding("handshake", ok=False, detail=detail)
    seconds = anyio.current_time() - started
    return Finding("handshake", ok=True, detail=f"{len(tools)} tools over stdio after {seconds:.1f} s")
