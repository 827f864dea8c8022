"""``writer-jobs-mcp check``: tries the settings, the connection to Writer, the key and this server."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import anyio
from mcp.client import Client
from mcp.client.stdio import stdio_client
from mcp.shared.exceptions import MCPError

from writer_jobs_mcp.client import WriterClient, network_setting_errors, open_client
from writer_jobs_mcp.client.models import Application, ApplicationPage
from writer_jobs_mcp.commands.output import print_text
from writer_jobs_mcp.commands.self_server import self_server_parameters
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import BadRequest, ConfigError, Forbidden, KeyRejected, MissingKey, NotFound, WriterError
from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.sanitize.truncate import preview
from writer_jobs_mcp.telemetry.logging import log_to_stderr

logger = logging.getLogger(__name__)

_HANDSHAKE_TIMEOUT = 30
_PAGE_SIZE, _MAX_NAMES, _MAX_NAME_LENGTH = 100, 2, 60


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check."""

    name: str
    ok: bool | None
    """None if it was not tried, because a check that it depends on failed."""
    detail: str
    """Of a failure: what happened, then what to do."""

    def as_text(self) -> str:
        """Format it as one line."""
        mark = {True: "ok", False: "FAIL", None: "-"}[self.ok]
        return f"{mark:<6}{self.name:<10}{self.detail}"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The results of all checks, in order."""

    results: tuple[CheckResult, ...]

    @property
    def all_ok(self) -> bool:
        """True if every check was made and passed."""
        return all(each.ok for each in self.results)

    def as_text(self) -> str:
        """Format each result as one line."""
        return "\n".join(each.as_text() for each in self.results)

    def as_json(self) -> str:
        """Return ``{"ok": bool, "checks": [{"name", "ok", "detail"}]}``; ``ok`` is null if it was not tried."""
        return json.dumps({"ok": self.all_ok, "checks": [asdict(each) for each in self.results]})


def run_check(environ: Mapping[str, str], *, as_json: bool) -> int:
    """Print the report; return 1 if a check failed or could not be made.

    Raises:
        ConfigError: Settings are invalid, so nothing was checked.
    """
    config, setting_errors = Config.from_env_with_errors(environ)
    log_to_stderr(config.log_level)
    try:
        report = anyio.run(check, config, environ, setting_errors)
    except ConfigError as exc:
        if as_json:
            print_text(configuration_failure(exc.sentences).as_json())
        raise
    print_text(report.as_json() if as_json else report.as_text())
    return 0 if report.all_ok else 1


async def check(config: Config, environ: Mapping[str, str], setting_errors: Sequence[str] = ()) -> CheckReport:
    """Try the settings, the connection to Writer, the key, and a handshake with this server as its own subprocess.

    Args:
        config: The settings, with defaults for invalid ones.
        environ: The environment that they were read from.
        setting_errors: One sentence for each invalid setting.

    Raises:
        ConfigError: Settings are invalid, those of the network included; nothing was tried.
    """
    if setting_errors:
        raise ConfigError(*setting_errors, *network_setting_errors(config))
    return CheckReport((*(await check_writer(config)), await _check_handshake(environ)))


async def check_writer(config: Config) -> tuple[CheckResult, CheckResult, CheckResult]:
    """Try the settings, the connection to Writer, and the key.

    Raises:
        InvalidNetworkSetting: A proxy, a file of certificates or the host name of Writer cannot be used.
    """
    async with open_client(config) as client:
        reachable = await _check_connection(client, config)
        return _describe_settings(config), reachable, await _check_key(client, config, is_reachable=bool(reachable.ok))


def configuration_failure(sentences: Sequence[str]) -> CheckReport:
    """Return the report for invalid settings, after which nothing else was tried."""
    others = ("reachable", "key", "handshake")
    return CheckReport(
        (
            CheckResult("settings", ok=False, detail=" ".join(sentences)),
            *(CheckResult(name, ok=None, detail="Not tried, because settings cannot be used.") for name in others),
        )
    )


def _describe_settings(config: Config) -> CheckResult:
    source = "no key"
    if config.api_key:
        source = "key from WRITER_API_KEY"
    elif config.api_key_file:
        source = "key from the file named by WRITER_API_KEY_FILE"
    detail = (
        f"{source}; {config.call_budget:g} s per call, {config.concurrency} requests at once, "
        f"retrying jobs {'allowed' if config.allow_retry else 'not allowed'}"
    )
    return CheckResult("settings", ok=True, detail=detail)


async def _check_connection(client: WriterClient, config: Config) -> CheckResult:
    started = anyio.current_time()
    try:
        with anyio.fail_after(config.call_budget):
            await client.ping()
    except WriterError as exc:
        return CheckResult("reachable", ok=False, detail=str(exc))
    except TimeoutError:
        what = f"{config.base_url} did not answer within {config.call_budget:g} s."
        return CheckResult("reachable", ok=False, detail=f"{what} Check WRITER_BASE_URL, the network and any proxy.")
    milliseconds = (anyio.current_time() - started) * 1000
    return CheckResult("reachable", ok=True, detail=f"{config.base_url} answered in {milliseconds:.0f} ms")


async def _check_key(client: WriterClient, config: Config, *, is_reachable: bool) -> CheckResult:
    try:
        config.read_key()  # needs no connection
        if not is_reachable:
            return CheckResult("key", ok=None, detail="Not tried, because Writer could not be reached.")
        page = await client.list_applications(limit=_PAGE_SIZE)
    except WriterError as exc:
        return CheckResult("key", ok=False, detail=_describe_key_error(exc))
    return CheckResult("key", ok=True, detail=_describe_applications(page))


def _describe_key_error(exc: WriterError) -> str:
    """Say what an error means for the key, and what to do."""
    match exc:
        case MissingKey():
            return str(exc)
        case KeyRejected():
            return f"Rejected: {exc}"
        case Forbidden():
            return (
                "Rejected: Writer does not let this key list applications (403). Use a key that has this "
                "permission, or ask the administrator of your Writer organization for it."
            )
        case NotFound() | BadRequest():
            # The advice is for ids and arguments, which were not sent: the address is not that of Writer's API.
            return f"Could not be tried: {exc.what} Check WRITER_BASE_URL."
        case _:
            return f"Could not be tried: {exc}"


def _describe_applications(page: ApplicationPage) -> str:
    """Say how many applications the key can see, and name the first."""
    number = len(page.rows)
    if not number:
        return "accepted, but sees no application (no-code agent)"
    # If Writer does not say whether more follow, a full page leaves it open.
    is_more = page.has_more or (page.has_more is None and number >= _PAGE_SIZE)
    noun = "application" if number == 1 else "applications"
    sees = f"accepted, sees {'at least ' if is_more else ''}{number} {noun}"
    names = [_display_name(each) for each in page.applications[:_MAX_NAMES]]
    if not names:
        return sees
    return f"{sees}: {names[0]}" if number == 1 and not is_more else f"{sees}, such as {' and '.join(names)}"


def _display_name(application: Application) -> str:
    return json_quote(preview(application.name or application.id, _MAX_NAME_LENGTH))


async def _check_handshake(environ: Mapping[str, str]) -> CheckResult:
    started = anyio.current_time()
    try:
        with anyio.fail_after(_HANDSHAKE_TIMEOUT):
            async with Client(stdio_client(self_server_parameters(environ))) as client:
                tools = (await client.list_tools()).tools
    except (MCPError, OSError, TimeoutError, ExceptionGroup) as exc:  # a group, where the child ends by itself
        what = "This server was started and did not answer over stdio; its messages are above."
        logger.debug("The handshake failed", exc_info=exc)
        return CheckResult("handshake", ok=False, detail=f"{what} Reinstall writer-jobs-mcp, or report this.")
    seconds = anyio.current_time() - started
    return CheckResult("handshake", ok=True, detail=f"{len(tools)} tools over stdio after {seconds:.1f} s")
