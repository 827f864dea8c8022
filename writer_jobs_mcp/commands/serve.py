"""``writer-jobs-mcp serve``: run the server over stdio until its client leaves.

Functions import what they need: clients wait for the start, and no garbage is collected while modules load.
"""

import gc
import logging
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn

from writer_jobs_mcp.commands.output import PROGRAM, print_error
from writer_jobs_mcp.errors import ConfigError

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from writer_jobs_mcp.context import App


def run_server(environ: Mapping[str, str], *, sandbox: bool) -> int:
    """Serve over stdio, then exit the process: with 0 if the client left, with 1 after an error.

    Args:
        environ: The environment with the settings.
        sandbox: Serve jobs of the embedded Writer API.

    Raises:
        ConfigError: stdin is closed, or settings are invalid.
    """
    if sys.stdin is None:
        raise ConfigError("stdin is closed. MCP needs it: start the server with stdin open.")
    gc.disable()  # what the imports create is never freed, so collecting garbage meanwhile only costs time
    try:
        server = _build(environ, sandbox=sandbox)
    finally:
        gc.enable()
    gc.freeze()
    if sys.stdin.isatty():
        print_error(f"waiting for an MCP client on stdin. To try it without one: {PROGRAM} demo")
    # Seconds that the event loop waits for a worker thread at most; each ping takes a dozen such waits.
    sys.setswitchinterval(0.001)
    import anyio

    return anyio.run(_serve_and_exit, server, environ)


def _build(environ: Mapping[str, str], *, sandbox: bool) -> "MCPServer[App]":
    # Otherwise pydantic looks for plugins among all installed packages. To use plugins, set this to an empty value.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from writer_jobs_mcp.config import Config
    from writer_jobs_mcp.server.build import build_server
    from writer_jobs_mcp.telemetry.logging import log_to_stderr

    config = Config.from_env(environ)
    log_to_stderr(config.log_level)
    if not sandbox:
        return build_server(config)
    from writer_jobs_mcp.commands.sandbox import use_sandbox

    config, transport = use_sandbox(config)
    return build_server(config, transport=transport)


async def _serve_and_exit(server: "MCPServer[App]", environ: Mapping[str, str]) -> NoReturn:
    from writer_jobs_mcp.server.stdio import claim_stdio, serve_stdio
    from writer_jobs_mcp.telemetry.flush import flushed_spans
    from writer_jobs_mcp.telemetry.logging import detach_stderr

    status = 1
    drain = detach_stderr()
    try:
        with flushed_spans(environ):
            await serve_stdio(server, *claim_stdio())
        status = 0
    except OSError as exc:
        print_error(f"{exc.strerror}.")
    except BaseException:
        logging.getLogger(__name__).exception("The server stopped because of an internal error")
    finally:
        drain()
        # A thread may still wait for a line or for a DNS lookup, and a normal exit would wait for the thread.
        os._exit(status)
