"""``writer-jobs-mcp check``: whether this server would work here, line by line."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import anyio
from mcp.client import Client
from mcp.client.stdio import stdio_client
from mcp.shared.exceptions import MCPError

from writer_jobs_mcp.client import WriterClient, connect
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import BadRequest, MissingKey, NotFound, WriterError
from writer_jobs_mcp.exporting import is_asked_for, obstacle
from writer_jobs_mcp.itself import itself

logger = logging.getLogger(__name__)

_HANDSHAKE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried; where it failed, the detail says what happened, then how to mend it."""

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
        return json.dumps({"ok": self.hold, "checks": [asdict(each) for each in self.tried]})


async def check(config: Config, environ: Mapping[str, str]) -> Findings:
    """Try the settings, the way to Writer, the key, and a handshake with this server as its own subprocess.

    Where OpenTelemetry's settings ask for spans, the way to the collector is tried as well.

    Raises:
        UnusableNetworkSetting: A proxy or a file of authorities that the environment names cannot be used.
    """
    tried = (*(await try_writer(config)), await _handshake(environ))
    return Findings((*tried, await _spans(environ)) if is_asked_for(environ) else tried)


async def try_writer(config: Config) -> tuple[Finding, Finding, Finding]:
    """Try the settings, the way to Writer, and the key.

    Raises:
        UnusableNetworkSetting: As :func:`check` does.
    """
    async with connect(config) as client:
        return _settings(config), await _reachable(client, config), await _key(client)


def settings_unusable(why: str) -> Findings:
    """What there is to say where a setting keeps everything else from being tried."""
    return Findings((Finding("settings", ok=False, detail=why),))


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
        with anyio.fail_after(config.call_budget):
            await client.reach()
    except WriterError as exc:
        return Finding("reachable", ok=False, detail=str(exc))
    except TimeoutError:
        what = f"{config.base_url} did not answer within {config.call_budget:g} s."
        return Finding("reachable", ok=False, detail=f"{what} Check WRITER_BASE_URL, the network and any proxy.")
    milliseconds = (anyio.current_time() - started) * 1000
    return Finding("reachable", ok=True, detail=f"{config.base_url} answered in {milliseconds:.0f} ms")


async def _key(client: WriterClient) -> Finding:
    try:
        page = await client.list_applications(limit=1)
    except MissingKey as exc:
        return Finding("key", ok=False, detail=str(exc))
    except (NotFound, BadRequest) as exc:
        # No id was asked about, and no argument of a tool is to blame: what is asked is not Writer.
        what = str(exc).rpartition(". ")[0]
        return Finding("key", ok=False, detail=f"Not shown to be good: {what}. Check WRITER_BASE_URL.")
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
    except (MCPError, OSError, TimeoutError, ExceptionGroup) as exc:  # a group, where the child ends by itself
        what = "This server did not answer itself over stdio; what it said is above."
        logger.debug("The handshake failed", exc_info=exc)
        return Finding("handshake", ok=False, detail=f"{what} Install writer-jobs-mcp anew, or report this.")
    seconds = anyio.current_time() - started
    return Finding("handshake", ok=True, detail=f"{len(tools)} tools over stdio after {seconds:.1f} s")


async def _spans(environ: Mapping[str, str]) -> Finding:
    detail = obstacle(environ) or await anyio.to_thread.run_sync(_refusal)
    return Finding("spans", ok=not detail, detail=detail or "the collector takes them")


def _refusal() -> str:
    from writer_jobs_mcp.collector import refusal

    return refusal()
