"""The command line: serve (the default), check, demo and sandbox."""

import gc
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

from writer_jobs_mcp import __version__
from writer_jobs_mcp.errors import ConfigError

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from contextlib import AbstractContextManager

    from mcp.server import MCPServer

    from writer_jobs_mcp.config import Config
    from writer_jobs_mcp.sandbox import World
    from writer_jobs_mcp.tools import App

PROGRAM = "writer-jobs-mcp"
_GREATEST_PORT = 65_535


def entry_point() -> NoReturn:
    """What the script and ``python -m`` run."""
    # Ctrl-C ends the process at once and quietly, whatever it waits for; the SDK's own reading of stdin would not.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")  # closed, it is None
    # OpenTelemetry would end the process while it is imported, where these name what is not installed.
    for name in ("OTEL_PROPAGATORS", "OTEL_PYTHON_CONTEXT"):
        os.environ.pop(name, None)
    sys.exit(main(sys.argv[1:], os.environ))


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run one command and return its exit status: 0 all is well, 1 something is not, 2 it cannot be done like this.

    A server that has served does not come back: it leaves the process, with its status.
    """
    try:
        if sys.flags.optimize > 1:  # what the tools say of themselves is in their docstrings
            raise ConfigError(
                "Python was told to leave docstrings out (-OO). Start it without, or without PYTHONOPTIMIZE."
            )
        if sys.stdout is None:
            raise ConfigError("stdout is closed, and there is nowhere else to answer. Start it with one.")
        if not argv:
            return _serve(environ, sandbox=False)
        arguments = _parser().parse_args(argv)
        if arguments.sandbox and arguments.command not in {None, "serve"}:
            raise ConfigError("--sandbox is for serving. Leave it out, or the command.")
        if arguments.log_level is not None:
            environ = _with_log_level(environ, arguments.log_level)
        match arguments.command:
            case "check":
                return _check(environ, as_json=arguments.json)
            case "demo":
                return _page(environ) if arguments.page else _demo(environ)
            case "sandbox":
                return _sandbox(arguments.port, arguments.jobs)
            case _:
                return _serve(environ, sandbox=arguments.sandbox)
    except ConfigError as exc:
        sys.stderr.writelines(f"{PROGRAM}: {sentence}\n" for sentence in exc.sentences)
        return 2


# Imports wait for the command that needs them: whoever starts the server waits for every one.


def _parser() -> "ArgumentParser":
    import argparse

    parser = argparse.ArgumentParser(
        PROGRAM,
        description="An MCP server over stdio that tells an agent what failed among a Writer application's jobs.",
        epilog="Settings come from the environment: WRITER_API_KEY and others, which the README lists.",
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    parser.add_argument("--sandbox", action="store_true", help="serve an embedded Writer API; no key is needed")
    parser.add_argument("--log-level", metavar="LEVEL", help="DEBUG tells each request to Writer on stderr")
    commands = parser.add_subparsers(dest="command", metavar="command")
    serve = commands.add_parser("serve", help="serve over stdio (the default)")
    serve.add_argument("--sandbox", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    check = commands.add_parser("check", help="try the settings, the way to Writer, the key and this server itself")
    check.add_argument("--json", action="store_true", help="print the findings as JSON")
    demo = commands.add_parser("demo", help="watch an agent's questions answered on the embedded API")
    demo.add_argument("--page", action="store_true", help="look at the triage page instead, in a browser")
    sandbox = commands.add_parser("sandbox", help="serve the embedded Writer API alone, over HTTP on loopback")
    sandbox.add_argument("--port", type=_port, default=0, metavar="N", help="default: a free one")
    sandbox.add_argument("--jobs", type=_whole_number, default=None, metavar="N", help="jobs in the first application")
    for command in (serve, check, demo):
        command.add_argument("--log-level", metavar="LEVEL", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser


def _whole_number(text: str, most: int | None = None) -> int:
    import argparse

    if text.isdecimal() and text.isascii() and (most is None or int(text) <= most):
        return int(text)
    up_to = "" if most is None else f" of at most {most}"
    message = f"it must be a whole number{up_to}"
    raise argparse.ArgumentTypeError(message)


def _port(text: str) -> int:
    return _whole_number(text, most=_GREATEST_PORT)


def _with_log_level(environ: Mapping[str, str], level: str) -> Mapping[str, str]:
    """The settings with another log level.

    Raises:
        ConfigError: There is no such level.
    """
    from writer_jobs_mcp.config import LOG_LEVELS

    if level.upper() not in LOG_LEVELS:
        message = f"--log-level cannot be used: it must be one of {', '.join(LOG_LEVELS)}."
        raise ConfigError(message)
    return {**environ, "WRITER_JOBS_LOG_LEVEL": level}


def _serve(environ: Mapping[str, str], *, sandbox: bool) -> int:
    if sys.stdin is None:
        raise ConfigError("stdin is closed, and a client would speak there. Start it with one.")
    # What the imports make is there for good: to collect garbage among it while they run costs time and frees nothing.
    gc.disable()
    try:
        server = _built(environ, sandbox=sandbox)
    finally:
        gc.enable()
    gc.freeze()
    # Seconds that the event loop may have to wait for a worker thread; answering a ping, it waits a dozen times.
    sys.setswitchinterval(0.001)
    import anyio

    return anyio.run(_converse, server, environ)


def _built(environ: Mapping[str, str], *, sandbox: bool) -> "MCPServer[App]":
    # Pydantic would look for plugins among all that is installed. Whoever has one sets this to nothing.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from writer_jobs_mcp.config import Config
    from writer_jobs_mcp.log import log_to_stderr
    from writer_jobs_mcp.server import build_server

    config = Config.from_env(environ)
    log_to_stderr(config.log_level)
    return _sandboxed_server(config) if sandbox else build_server(config)


async def _converse(server: "MCPServer[App]", environ: Mapping[str, str]) -> NoReturn:
    from writer_jobs_mcp.log import detach_stderr
    from writer_jobs_mcp.stdio import serve, take_pipes

    status = 1
    drain = detach_stderr()
    try:
        with _traced(environ):
            await serve(server, *take_pipes())
        status = 0
    except OSError as exc:
        sys.stderr.write(f"{PROGRAM}: {exc.strerror}.\n")
    except BaseException:
        logging.getLogger(__name__).exception("The server ended through a fault of its own")
    finally:
        drain()
        # A thread may still wait for a line, or for a name to be looked up, and Python would wait for the thread.
        os._exit(status)


def _traced(environ: Mapping[str, str]) -> "AbstractContextManager[None]":
    """Within it, spans are exported where OpenTelemetry's settings ask for them."""
    if not any(name.startswith("OTEL_") for name in environ):
        return nullcontext()
    from writer_jobs_mcp.exporting import exported, is_asked_for

    return exported(environ) if is_asked_for(environ) else nullcontext()


def _sandboxed_server(config: "Config") -> "MCPServer[App]":
    from pydantic import SecretStr

    from writer_jobs_mcp.client import in_process
    from writer_jobs_mcp.sandbox import SANDBOX_KEY, build_app
    from writer_jobs_mcp.server import build_server

    # The host is never looked up: every request stays in this process.
    changes = {"api_key": SecretStr(SANDBOX_KEY), "api_key_file": None, "base_url": "http://localhost"}
    return build_server(config.model_copy(update=changes), transport=in_process(build_app(_world(jobs=None))))


def _world(*, jobs: int | None) -> "World":
    from writer_jobs_mcp.sandbox import World

    return World(now=_now(), clock=_now, jobs=jobs)


def _now() -> datetime:
    return datetime.now(UTC)


def _check(environ: Mapping[str, str], *, as_json: bool) -> int:
    import anyio

    from writer_jobs_mcp.check import check, settings_unusable
    from writer_jobs_mcp.config import Config
    from writer_jobs_mcp.log import log_to_stderr

    config, faults = Config.read(environ)
    log_to_stderr(config.log_level)
    try:
        findings = anyio.run(check, config, environ, faults)
    except ConfigError as exc:
        if as_json:
            _write(settings_unusable(exc.sentences, environ).as_json())
        raise
    _write(findings.as_json() if as_json else findings.as_text())
    return 0 if findings.hold else 1


def _demo(environ: Mapping[str, str]) -> int:
    import anyio

    from writer_jobs_mcp.config import Config
    from writer_jobs_mcp.demo import DemoFailed, demo, has_colours

    level = {name: value for name, value in environ.items() if name == "WRITER_JOBS_LOG_LEVEL"}
    coloured = has_colours(sys.stdout.isatty(), environ, os.name)
    try:
        anyio.run(demo, _write, coloured, environ, Config.from_env(level).log_level)
    except DemoFailed as exc:
        sys.stderr.write(f"{PROGRAM}: {exc}\n")
        return 1
    return 0


def _page(environ: Mapping[str, str]) -> int:
    import threading
    import webbrowser

    import anyio

    from writer_jobs_mcp.config import Config
    from writer_jobs_mcp.sandbox import serve_forever
    from writer_jobs_mcp.viewer import sandboxed

    def announce(url: str) -> None:
        _write(f"The triage page, in a conversation on the embedded API: {url} until Ctrl-C.")
        try:
            browser = webbrowser.get()
        except webbrowser.Error:
            _write("No browser was found. Open that address in yours.")
        else:  # beside the server: some browsers are waited for, and wait for the page
            threading.Thread(target=browser.open, args=[url], daemon=True).start()

    async def show() -> None:
        async with sandboxed(environ) as app:
            await serve_forever(app, announce)

    for name in [name for name in os.environ if name.startswith("WRITER_API_KEY")]:
        del os.environ[name]  # a browser needs no key
    Config.from_env(environ)  # the server that is started would refuse it in a log of its own
    anyio.run(show)
    return 0


def _sandbox(port: int, jobs: int | None) -> int:
    import anyio

    from writer_jobs_mcp.sandbox import SANDBOX_KEY, build_app, serve_forever

    world = _world(jobs=jobs)
    application = world.applications[0]

    def announce(url: str) -> None:
        path = f"{url}/v1/applications/{application.id}/jobs?status=failed&limit=3"
        _write(
            f"The Writer API, embedded, on {url} until Ctrl-C.\n"
            f"key          {SANDBOX_KEY}\n"
            f"application  {application.id}  ({application.name}, {len(world.jobs(application.id))} jobs)\n\n"
            f'curl -H "Authorization: Bearer {SANDBOX_KEY}" "{path}"'
        )

    try:
        anyio.run(serve_forever, build_app(world), announce, "127.0.0.1", port)
    except OSError as exc:
        sys.stderr.write(
            f"{PROGRAM}: port {port} cannot be used: {exc.strerror}. Choose another, or leave --port out.\n"
        )
        return 1
    return 0


def _write(text: str) -> None:
    """Print a paragraph, with `?` for what this terminal's encoding has no letter for."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")
        sys.stdout.flush()
    except OSError as exc:
        from writer_jobs_mcp.stdio import nobody_reads

        if not nobody_reads(exc):  # else whoever read this, such as head, has seen enough
            sys.stderr.write(f"{PROGRAM}: stdout cannot be written to: {exc.strerror}.\n")
            sys.stderr.flush()
        os._exit(1)
