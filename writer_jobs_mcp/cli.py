"""The command line: serve (the default), check, demo and sandbox."""

import gc
import logging
import os
import re
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from writer_jobs_mcp import __version__
from writer_jobs_mcp.errors import ConfigError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from mcp.server import MCPServer

    from writer_jobs_mcp.config import Config
    from writer_jobs_mcp.context import App
    from writer_jobs_mcp.sandbox import SandboxStore

PROGRAM = "writer-jobs-mcp"
_COMMANDS = ("serve", "check", "demo", "sandbox")
_MAX_PORT = 65_535
# An option by which people give a key: --api-key, --key=KEY, -k, --token; or the name of the setting itself.
_KEY_OPTION = re.compile(
    r"-{1,2}(?:[\w-]+[-_])?(?:k|(?:api)?key|token|secret|password|credentials?|bearer|auth(?:orization)?)(?:[-_]?file)?"
    r"(?:[=:\s].*)?"
    r"|(?:-{1,2})?writer_api_key(?:_file)?(?:[=:\s].*)?",
    re.IGNORECASE | re.DOTALL,
)
_REPEATED_VALUE = re.compile(r"ignored explicit argument .*", re.DOTALL)  # argparse, of -h and of --json=VALUE


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
    """Run one command and return its exit status: 0 success, 1 failure, 2 invalid usage or settings.

    Serving does not return: it exits the process, with its status.
    """
    try:
        if sys.flags.optimize > 1:
            raise ConfigError(
                "Python drops docstrings (-OO, or PYTHONOPTIMIZE=2), and the descriptions of the tools are docstrings. "
                "Start Python without that option."
            )
        if sys.stdout is None:
            raise ConfigError("stdout is closed. MCP needs it: start the server with stdout open.")
        if not argv:
            return _serve(environ, sandbox=False)
        arguments = _parse_arguments(argv, environ)
        if arguments.sandbox and arguments.command not in {None, "serve"}:
            raise ConfigError(f"--sandbox cannot be combined with {arguments.command}. Remove one of them.")
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


# Each command imports what it needs when it runs: every import delays the start of the server.


def _parse_arguments(argv: Sequence[str], environ: Mapping[str, str]) -> "Namespace":
    """Parse the command line. No message repeats an argument that may be a key.

    Raises:
        ConfigError: A key is given, or a command that does not exist.
    """
    import argparse

    if any(_KEY_OPTION.fullmatch(each) for each in argv):
        raise ConfigError(
            "The API key is not an argument: other users of this machine could read it. Set the environment variable "
            "WRITER_API_KEY to the key, or WRITER_API_KEY_FILE to the path of a file that holds it."
        )
    parser = _parser(partial(_redact_arguments, argv=argv, environ=environ))
    try:
        return parser.parse_args(argv)
    except argparse.ArgumentError as exc:
        if exc.argument_name != "command":
            parser.error(str(exc))
        named = next((each for each in argv if exc.message.startswith(f"invalid choice: {each!r}")), "")
        raise ConfigError(_unknown_command(named, environ)) from None


def _unknown_command(named: str, environ: Mapping[str, str]) -> str:
    from writer_jobs_mcp.config import describe_invalid_value

    commands = f"{', '.join(_COMMANDS[:-1])} or {_COMMANDS[-1]}"
    return f"The command must be {commands}{describe_invalid_value(named, _known_keys(environ))}. See {PROGRAM} --help."


def _redact_arguments(said: str, argv: Sequence[str], environ: Mapping[str, str]) -> str:
    from writer_jobs_mcp.config import may_be_secret

    for argument in argv:
        for value in {argument, argument.partition("=")[2]} - {""}:
            if may_be_secret(value.lstrip("-"), _known_keys(environ)):
                said = said.replace(value, "[not shown]")
    return said


def _known_keys(environ: Mapping[str, str]) -> list[str]:
    return [key for key in (environ.get("WRITER_API_KEY", "").strip(),) if key]


def _parser(redact: Callable[[str], str]) -> "ArgumentParser":
    import argparse

    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> NoReturn:
            super().error(redact(_REPEATED_VALUE.sub("takes no value", message)))

    parser = Parser(
        PROGRAM,
        description="An MCP server over stdio that tells an agent which jobs of a Writer application (no-code agent) "
        "failed, and why.",
        epilog=_format_settings(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        exit_on_error=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    parser.add_argument("--sandbox", action="store_true", help="serve on the embedded Writer API; needs no key")
    parser.add_argument(
        "--log-level", metavar="LEVEL", help="level of the log on stderr; DEBUG logs each request to Writer"
    )
    commands = parser.add_subparsers(dest="command", metavar="command")
    serve = commands.add_parser("serve", help="serve over stdio (the default)")
    serve.add_argument("--sandbox", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    check = commands.add_parser("check", help="try the settings, the connection to Writer, the key and this server")
    check.add_argument("--json", action="store_true", help="print the results as JSON")
    demo = commands.add_parser("demo", help="show what an agent asks and reads, on the embedded Writer API")
    demo.add_argument("--page", action="store_true", help="open the triage page in a browser instead")
    sandbox = commands.add_parser("sandbox", help="serve only the embedded Writer API, over HTTP on loopback")
    sandbox.add_argument("--port", type=_port, default=0, metavar="N", help="the port (default: a free one)")
    sandbox.add_argument(
        "--jobs", type=_whole_number, default=None, metavar="N", help="how many jobs the first application has"
    )
    for command in (serve, check, demo):
        command.add_argument("--log-level", metavar="LEVEL", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser


def _format_settings() -> str:
    """The settings as --help prints them, in the width of the terminal."""
    import shutil
    import textwrap

    from writer_jobs_mcp.config import settings

    width = max(shutil.get_terminal_size().columns - 2, 40)  # as argparse has it
    lines = ["settings, from the environment:"]
    for setting in settings():
        default = f" (default: {setting.default})" if setting.default else ""
        meaning = f"{setting.meaning}{default}"
        indent = " " * 26
        lines += textwrap.wrap(meaning, width, initial_indent=f"  {setting.name:<24}", subsequent_indent=indent)
    return "\n".join(lines)


def _whole_number(text: str, most: int | None = None) -> int:
    import argparse

    if text.isdecimal() and text.isascii() and (most is None or int(text) <= most):
        return int(text)
    up_to = "" if most is None else f" from 0 to {most}"
    message = f"must be a whole number{up_to}"
    raise argparse.ArgumentTypeError(message)


def _port(text: str) -> int:
    return _whole_number(text, most=_MAX_PORT)


def _with_log_level(environ: Mapping[str, str], level: str) -> Mapping[str, str]:
    """The settings with another log level.

    Raises:
        ConfigError: There is no such level.
    """
    from writer_jobs_mcp.config import LOG_LEVELS, describe_invalid_value

    if level.upper() not in LOG_LEVELS:
        message = (
            f"--log-level must be one of {', '.join(LOG_LEVELS)}{describe_invalid_value(level, _known_keys(environ))}."
        )
        raise ConfigError(message)
    return {**environ, "WRITER_JOBS_LOG_LEVEL": level}


def _serve(environ: Mapping[str, str], *, sandbox: bool) -> int:
    if sys.stdin is None:
        raise ConfigError("stdin is closed. MCP needs it: start the server with stdin open.")
    # What the imports make is there for good: to collect garbage among it while they run costs time and frees nothing.
    gc.disable()
    try:
        server = _built(environ, sandbox=sandbox)
    finally:
        gc.enable()
    gc.freeze()
    if sys.stdin.isatty():
        sys.stderr.write(f"{PROGRAM}: waiting for an MCP client on stdin. To try it without one: {PROGRAM} demo\n")
    # Seconds that the event loop may have to wait for a worker thread; answering a ping, it waits a dozen times.
    sys.setswitchinterval(0.001)
    import anyio

    return anyio.run(_converse, server, environ)


def _built(environ: Mapping[str, str], *, sandbox: bool) -> "MCPServer[App]":
    # Pydantic would look for plugins among all that is installed. Whoever has one sets this to nothing.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from writer_jobs_mcp.config import Config
    from writer_jobs_mcp.server.build import build_server
    from writer_jobs_mcp.telemetry.logging import log_to_stderr

    config = Config.from_env(environ)
    log_to_stderr(config.log_level)
    return _sandboxed_server(config) if sandbox else build_server(config)


async def _converse(server: "MCPServer[App]", environ: Mapping[str, str]) -> NoReturn:
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
        sys.stderr.write(f"{PROGRAM}: {exc.strerror}.\n")
    except BaseException:
        logging.getLogger(__name__).exception("The server stopped because of an internal error")
    finally:
        drain()
        # A thread may still wait for a line, or for a name to be looked up, and Python would wait for the thread.
        os._exit(status)


def _sandboxed_server(config: "Config") -> "MCPServer[App]":
    from pydantic import SecretStr

    from writer_jobs_mcp.client import asgi_transport
    from writer_jobs_mcp.sandbox import SANDBOX_KEY, build_app
    from writer_jobs_mcp.server.build import build_server

    # The host is never looked up: every request stays in this process.
    changes = {"api_key": SecretStr(SANDBOX_KEY), "api_key_file": None, "base_url": "http://localhost"}
    return build_server(config.model_copy(update=changes), transport=asgi_transport(build_app(_world(jobs=None))))


def _world(*, jobs: int | None) -> "SandboxStore":
    from writer_jobs_mcp.sandbox import SandboxStore

    return SandboxStore(now=_now(), clock=_now, jobs=jobs)


def _now() -> datetime:
    return datetime.now(UTC)


def _check(environ: Mapping[str, str], *, as_json: bool) -> int:
    import anyio

    from writer_jobs_mcp.commands.check import check, configuration_failure
    from writer_jobs_mcp.config import Config
    from writer_jobs_mcp.telemetry.logging import log_to_stderr

    config, faults = Config.from_env_with_errors(environ)
    log_to_stderr(config.log_level)
    try:
        findings = anyio.run(check, config, environ, faults)
    except ConfigError as exc:
        if as_json:
            _write(configuration_failure(exc.sentences).as_json())
        raise
    _write(findings.as_json() if as_json else findings.as_text())
    return 0 if findings.all_ok else 1


def _demo(environ: Mapping[str, str]) -> int:
    import anyio

    from writer_jobs_mcp.commands.demo import DemoFailed, run_demo, supports_colours
    from writer_jobs_mcp.config import Config

    level = {name: value for name, value in environ.items() if name == "WRITER_JOBS_LOG_LEVEL"}
    coloured = supports_colours(sys.stdout.isatty(), environ, os.name)
    try:
        anyio.run(run_demo, _write, coloured, environ, Config.from_env(level).log_level)
    except DemoFailed as exc:
        sys.stderr.write(f"{PROGRAM}: {exc}\n")
        return 1
    return 0


def _page(environ: Mapping[str, str]) -> int:
    import threading
    import webbrowser

    import anyio

    from writer_jobs_mcp.commands.app_host import sandbox_app_host
    from writer_jobs_mcp.config import Config
    from writer_jobs_mcp.sandbox import serve_forever

    def announce(url: str) -> None:
        _write(f"The triage page, with jobs of the embedded Writer API: {url} (Ctrl-C stops it)")
        try:
            browser = webbrowser.get()
        except webbrowser.Error:
            _write("No browser was found. Open the address yourself.")
        else:  # beside the server: some browsers are waited for, and wait for the page
            threading.Thread(target=browser.open, args=[url], daemon=True).start()

    async def show() -> None:
        async with sandbox_app_host(environ) as app:
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
            f"The embedded Writer API listens on {url} (Ctrl-C stops it).\n"
            f"key          {SANDBOX_KEY}\n"
            f"application  {application.id}  ({application.name}, {len(world.jobs(application.id))} jobs)\n\n"
            "To point the server at it, set these in another shell, or in the environment that your client gives it:\n"
            f"{_shell_assignment('WRITER_BASE_URL', url)}\n"
            f"{_shell_assignment('WRITER_API_KEY', SANDBOX_KEY)}\n"
            f"{PROGRAM} check\n\n"
            "To ask it directly:\n"
            f'curl -H "Authorization: Bearer {SANDBOX_KEY}" "{path}"'
        )

    try:
        anyio.run(serve_forever, build_app(world), announce, "127.0.0.1", port)
    except OSError as exc:
        sys.stderr.write(
            f"{PROGRAM}: port {port} cannot be used: {exc.strerror}. Choose another one, or leave out --port.\n"
        )
        return 1
    return 0


def _shell_assignment(name: str, value: str) -> str:
    """A line that sets a variable: for PowerShell on Windows, for sh and its like elsewhere."""
    return f'$env:{name} = "{value}"' if os.name == "nt" else f"export {name}={value}"


def _write(text: str) -> None:
    """Print a paragraph, with `?` for each character that the encoding of stdout does not have."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")
        sys.stdout.flush()
    except OSError as exc:
        from writer_jobs_mcp.server.stdio import is_broken_pipe

        if not is_broken_pipe(exc):  # a reader such as head may stop early
            sys.stderr.write(f"{PROGRAM}: stdout cannot be written to: {exc.strerror}.\n")
            sys.stderr.flush()
        os._exit(1)
