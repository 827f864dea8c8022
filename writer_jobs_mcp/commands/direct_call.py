"""Run what a tool runs in this process: without a client, and without a limit of time for the whole."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

import anyio

from writer_jobs_mcp import client
from writer_jobs_mcp.commands.output import PROGRAM
from writer_jobs_mcp.commands.progress_bar import ShowProgress, progress_bar
from writer_jobs_mcp.commands.sandbox import use_sandbox
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.context import App
from writer_jobs_mcp.errors import KEY_IN_ARGUMENT, ConfigError, MissingKey, WriterError
from writer_jobs_mcp.telemetry.logging import log_to_stderr

T = TypeVar("T")


class CommandFailed(Exception):
    """A command failed; its text is for the user."""


def call_directly(
    call: Callable[[App, ShowProgress], Awaitable[T]],
    environ: Mapping[str, str],
    *,
    texts: tuple[str | None, ...],
    unit: str,
    sandbox: bool,
) -> T:
    """Return the result of ``call``, with a progress bar meanwhile if stderr is a terminal.

    Args:
        call: What to run.
        environ: The environment with the settings.
        texts: What the user passed as text; the API key is refused.
        unit: What the progress bar counts.
        sandbox: Ask the embedded Writer API.

    Raises:
        ConfigError: Settings are invalid, or an argument contains the API key.
        CommandFailed: Writer could not be asked, or rejected the request.
    """
    config = Config.from_env(environ)
    log_to_stderr(config.log_level)
    if any(config.is_key_in(text) for text in texts if text):
        raise ConfigError(KEY_IN_ARGUMENT)
    transport = None
    if sandbox:
        config, transport = use_sandbox(config)
    app = App(lambda: client.create_client(config, transport), _now, allow_retry=config.allow_retry)

    async def run() -> T:
        async with app.session():
            with progress_bar(unit, environ) as progress:
                return await call(app, progress)

    try:
        return anyio.run(run)
    except MissingKey as exc:
        raise ConfigError(str(exc), "To try this command without a key, add --sandbox.") from exc
    except WriterError as exc:
        if isinstance(exc, ConfigError):
            raise
        raise CommandFailed(_explain(exc)) from exc


def _explain(error: WriterError) -> str:
    # The tool that it names is not to be had here.
    here = f" Here, {PROGRAM} triage without an application shows them." if "list_applications" in str(error) else ""
    return f"{error}{here}"


def _now() -> datetime:
    return datetime.now(UTC)
