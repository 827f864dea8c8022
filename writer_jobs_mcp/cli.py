"""The command line: parses the arguments and runs a command, which is serve by default.

A command is imported when it runs: every import delays the start of the server.
"""

import os
import re
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from writer_jobs_mcp import __version__
from writer_jobs_mcp.commands.output import PROGRAM, print_error
from writer_jobs_mcp.errors import ConfigError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

_COMMANDS = ("serve", "triage", "failures", "check", "demo", "sandbox")
_WITH_SANDBOX = {None, "serve", "triage", "failures"}
_MAX_PORT = 65_535
# Options in which people pass a key: --api-key, --key=KEY, -k, --token; or the name of the setting.
_KEY_OPTION = re.compile(
    r"-{1,2}(?:[\w-]+[-_])?(?:k|(?:api)?key|token|secret|password|credentials?|bearer|auth(?:orization)?)(?:[-_]?file)?"
    r"(?:[=:\s].*)?"
    r"|-k\w{6,}|(?:-{1,2})?writer_api_key(?:_file)?(?:[=:\s].*)?",
    re.IGNORECASE | re.DOTALL,
)
_REPEATED_VALUE = re.compile(r"ignored explicit argument .*", re.DOTALL)  # argparse says it of -h and of --json=VALUE


def entry_point() -> NoReturn:
    """Run the command line of this process, and exit."""
    # Ctrl-C ends the process at once and silently, even while a thread waits for stdin.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.stderr is None:  # it is closed
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    # If these name something that is not installed, importing OpenTelemetry ends the process.
    for name in ("OTEL_PROPAGATORS", "OTEL_PYTHON_CONTEXT"):
        os.environ.pop(name, None)
    sys.exit(main(sys.argv[1:], os.environ))


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run one command and return its exit status.

    0 success, 1 failure, 2 invalid usage or settings; of ``triage`` and ``failures`` also 3 failure rate too high,
    4 not all jobs could be read. The server does not return: it exits the process.
    """
    try:
        if sys.flags.optimize > 1:
            raise ConfigError(
                "Python drops docstrings (-OO, or PYTHONOPTIMIZE=2), and the descriptions of the tools are docstrings. "
                "Start Python without that option."
            )
        if sys.stdout is None:
            raise ConfigError("stdout is closed. MCP needs it: start the server with stdout open.")
        if not argv:  # argparse need not be imported
            from writer_jobs_mcp.commands.serve import run_server

            return run_server(environ, sandbox=False)
        arguments = _parse_arguments(argv, environ)
        if arguments.sandbox and arguments.command not in _WITH_SANDBOX:
            raise ConfigError(f"--sandbox cannot be combined with {arguments.command}. Remove one of them.")
        if arguments.log_level is not None:
            environ = _with_log_level(environ, arguments.log_level)
        return _run_command(arguments, environ)
    except ConfigError as exc:
        for sentence in exc.sentences:
            print_error(sentence)
        return 2


def _run_command(arguments: "Namespace", environ: Mapping[str, str]) -> int:
    match arguments.command:
        case "triage" | "failures":
            return _run_report(arguments, environ)
        case "check":
            from writer_jobs_mcp.commands.check import run_check

            return run_check(environ, as_json=arguments.json)
        case "demo" if arguments.page:
            from writer_jobs_mcp.commands.app_host import show_triage_page

            return show_triage_page(environ)
        case "demo":
            from writer_jobs_mcp.commands.demo import run_demo

            return run_demo(environ)
        case "sandbox":
            from writer_jobs_mcp.commands.sandbox import run_sandbox

            return run_sandbox(arguments.port, arguments.jobs, arguments.applications)
        case _:
            from writer_jobs_mcp.commands.serve import run_server

            return run_server(environ, sandbox=arguments.sandbox)


def _run_report(arguments: "Namespace", environ: Mapping[str, str]) -> int:
    from writer_jobs_mcp.commands.report_arguments import report_options, selection

    if arguments.command == "triage":
        from writer_jobs_mcp.commands.triage import run_triage

        return run_triage(environ, **report_options(arguments), fail_above=arguments.fail_above)
    from writer_jobs_mcp.commands.failures import run_failures

    return run_failures(environ, **report_options(arguments), selection=selection(arguments))


def _parse_arguments(argv: Sequence[str], environ: Mapping[str, str]) -> "Namespace":
    """Parse the command line; no error repeats an argument that may be a key.

    Raises:
        ConfigError: A key is passed, or an unknown command.
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
        at = next((at for at, each in enumerate(argv) if exc.message.startswith(f"invalid choice: {each!r}")), 0)
        # After an unknown option, it is the option's value: perhaps a key.
        raise ConfigError(
            _unknown_command(argv[at], environ, is_value=_is_unknown_option(argv[at - 1]) if at else False)
        ) from None


def _is_unknown_option(argument: str) -> bool:
    return argument.startswith("-") and argument != "--sandbox"


def _unknown_command(command: str, environ: Mapping[str, str], *, is_value: bool) -> str:
    from writer_jobs_mcp.config import NOT_SHOWN, describe_invalid_value

    commands = f"{', '.join(_COMMANDS[:-1])} or {_COMMANDS[-1]}"
    got = NOT_SHOWN if is_value else describe_invalid_value(command, _known_keys(environ))
    return f"The command must be {commands}{got}. See {PROGRAM} --help."


def _redact_arguments(message: str, argv: Sequence[str], environ: Mapping[str, str]) -> str:
    from writer_jobs_mcp.config import may_be_secret

    for argument in argv:
        for value in {argument, argument.partition("=")[2]} - {""}:
            if may_be_secret(value.lstrip("-"), _known_keys(environ)):
                message = message.replace(value, "[not shown]")
    return message


def _known_keys(environ: Mapping[str, str]) -> list[str]:
    return [key for key in (environ.get("WRITER_API_KEY", "").strip(),) if key]


def _parser(redact: Callable[[str], str]) -> "ArgumentParser":
    import argparse

    from writer_jobs_mcp.commands.report_arguments import add_failures_arguments, add_triage_arguments

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
    triage, failures = add_triage_arguments(commands), add_failures_arguments(commands)
    check = commands.add_parser("check", help="try the settings, the connection to Writer, the key and this server")
    check.add_argument("--json", action="store_true", help="print the results as JSON")
    demo = commands.add_parser("demo", help="show what an agent asks and reads, on the embedded Writer API")
    demo.add_argument("--page", action="store_true", help="open the triage page in a browser instead")
    sandbox = commands.add_parser("sandbox", help="serve only the embedded Writer API, over HTTP on loopback")
    sandbox.add_argument("--port", type=_port, default=0, metavar="N", help="the port (default: a free one)")
    sandbox.add_argument(
        "--jobs", type=_whole_number, metavar="N", help="how many jobs the first application has (up to millions)"
    )
    sandbox.add_argument(
        "--applications", type=_positive_number, metavar="N", help="how many applications, each with --jobs jobs"
    )
    for command in (serve, triage, failures, check, demo):
        command.add_argument("--log-level", metavar="LEVEL", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser


def _format_settings() -> str:
    """List the settings for --help, in the width of the terminal."""
    import shutil
    import textwrap

    from writer_jobs_mcp.config import settings

    width = max(shutil.get_terminal_size().columns - 2, 40)  # like argparse
    lines = ["settings, from the environment:"]
    column = max(len(setting.name) for setting in settings()) + 1
    for setting in settings():
        default = f" (default: {setting.default})" if setting.default else ""
        meaning = f"{setting.meaning}{default}"
        named, indent = f"  {setting.name:<{column}}", " " * (2 + column)
        lines += textwrap.wrap(meaning, width, initial_indent=named, subsequent_indent=indent)
    return "\n".join(lines)


def _whole_number(text: str, most: int | None = None) -> int:
    import argparse

    if text.isdecimal() and text.isascii() and (most is None or int(text) <= most):
        return int(text)
    up_to = "" if most is None else f" from 0 to {most}"
    message = f"must be a whole number{up_to}"
    raise argparse.ArgumentTypeError(message)


def _positive_number(text: str) -> int:
    import argparse

    number = _whole_number(text)
    if not number:
        message = "must be at least 1"
        raise argparse.ArgumentTypeError(message)
    return number


def _port(text: str) -> int:
    return _whole_number(text, most=_MAX_PORT)


def _with_log_level(environ: Mapping[str, str], level: str) -> Mapping[str, str]:
    """Return the settings with another log level.

    Raises:
        ConfigError: The level is unknown.
    """
    from writer_jobs_mcp.config import LOG_LEVELS, describe_invalid_value

    if level.upper() not in LOG_LEVELS:
        message = (
            f"--log-level must be one of {', '.join(LOG_LEVELS)}{describe_invalid_value(level, _known_keys(environ))}."
        )
        raise ConfigError(message)
    return {**environ, "WRITER_JOBS_LOG_LEVEL": level}
