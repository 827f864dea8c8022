"""The arguments of the commands ``triage`` and ``failures``."""

import argparse
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from argparse import _SubParsersAction  # pyright: ignore[reportPrivateUsage] - of add_subparsers; has no public name

    from writer_jobs_mcp.triage.select_failed import Selection

ParserT = TypeVar("ParserT", bound=argparse.ArgumentParser)

_WHOLE_LIST = "all"
_DEFAULT_LENGTH = timedelta(hours=24)
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,9})?|\.\d{1,9}) ?%?", re.ASCII)
_MOST = 100  # per cent
_TRIAGE_EPILOG = """\
exit statuses:
  0  all jobs of the window were read or counted, and the failure rate is not above PERCENT
  1  Writer could not be asked, or rejected the request; nothing is printed on stdout
  2  invalid arguments or settings
  3  the failure rate is above PERCENT; without APPLICATION, that of all jobs together
  4  not all jobs of the window were read or counted, so the failure rate is not known

The report goes to stdout, in UTF-8; anything else to stderr. In Markdown, text of jobs stands in code spans.
What stands under "Next" are calls of the server's tools, for an agent.
"""
_FAILURES_EPILOG = """\
exit statuses:
  0  all failed jobs of the window were read
  1  Writer could not be asked, or rejected the request; nothing is printed on stdout
  2  invalid arguments or settings
  4  not all failed jobs of the window could be read

The jobs go to stdout, in UTF-8; anything else to stderr. JSON and CSV have up to 2,000 characters of each error.
CSV has a header row and one line for each job (RFC 4180; white space in errors is one blank). So that no text of a
job can be a formula in a spreadsheet, an apostrophe stands before = + - or @ at the begin of a cell or after a
semicolon.
"""


def add_triage_arguments(commands: "_SubParsersAction[ParserT]") -> ParserT:
    """Add the command ``triage``."""
    triage = _add_command(commands, "triage", "report what failed, why, what is new and what is stuck", _TRIAGE_EPILOG)
    triage.add_argument(
        "application", nargs="?", type=_application, metavar="APPLICATION", help=f"{_APPLICATION_HELP}; default: all"
    )
    _add_window(triage)
    triage.add_argument("--format", choices=("text", "json", "markdown"), default="text", help="default: text")
    triage.add_argument(
        "--fail-above", type=_percent, metavar="PERCENT", help="exit with 3 if more of the jobs failed; 0 to 100"
    )
    return triage


def add_failures_arguments(commands: "_SubParsersAction[ParserT]") -> ParserT:
    """Add the command ``failures``."""
    failures = _add_command(
        commands, "failures", "list all failed jobs of a window, with their errors", _FAILURES_EPILOG
    )
    failures.add_argument("application", type=_application, metavar="APPLICATION", help=_APPLICATION_HELP)
    _add_window(failures)
    failures.add_argument(
        "--like",
        type=_parse_as("ExampleJobId"),
        metavar="JOB",
        help="only jobs whose errors say the same as this one's",
    )
    failures.add_argument("--category", type=_category, metavar="CAUSE", help="only jobs with this likely cause")
    failures.add_argument(
        "--contains", type=_parse_as("Words"), metavar="WORDS", help="only jobs whose errors have these words"
    )
    failures.add_argument("--format", choices=("text", "json", "csv"), default="text", help="default: text")
    return failures


_APPLICATION_HELP = "id, alias or exact name of the application"


def _add_command(commands: "_SubParsersAction[ParserT]", name: str, purpose: str, epilog: str) -> ParserT:
    command = commands.add_parser(
        name,
        help=purpose,
        description=f"{purpose[0].upper()}{purpose[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "--sandbox", action="store_true", default=argparse.SUPPRESS, help="ask the embedded Writer API; needs no key"
    )
    return command


def _add_window(command: argparse.ArgumentParser) -> None:
    time = "an age (90m, 24h, 7d), or ISO 8601, also with the name of a time zone"
    command.add_argument(
        "--since",
        type=_since,
        metavar="TIME",
        help=f"begin of the window, which holds the jobs created in it: {time}; default: 24h before its end; all: no "
        "begin",
    )
    command.add_argument(
        "--until", type=_time, metavar="TIME", help="end of the window, itself not in it; default: now"
    )


def report_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what the two commands have in common, with times as the tools take them."""
    since, until = arguments.since, arguments.until
    if since == _WHOLE_LIST:
        since = None
    elif since is None:
        since = _before(until)
    return {
        "application": arguments.application,
        "since": since,
        "until": until,
        "output_format": arguments.format,
        "sandbox": arguments.sandbox,
    }


def selection(arguments: argparse.Namespace) -> "Selection":
    """Return which failed jobs are meant."""
    from writer_jobs_mcp.triage.select_failed import Selection

    return Selection(arguments.like, arguments.category, arguments.contains)


def _before(until: datetime | timedelta | None) -> datetime | timedelta:
    """Return the default for ``since``."""
    try:
        if isinstance(until, datetime):
            return until.astimezone(UTC) - _DEFAULT_LENGTH
        return (until or timedelta()) + _DEFAULT_LENGTH
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _since(text: str) -> object:
    return _WHOLE_LIST if text.strip().lower() == _WHOLE_LIST else _time(text)


def _percent(text: str) -> Decimal:
    found = _PERCENT.fullmatch(text.strip())
    if found and Decimal(found[1]) <= _MOST:
        return Decimal(found[1])
    message = "must be a number from 0 to 100"
    raise argparse.ArgumentTypeError(message)


def _category(text: str) -> str:
    from typing import get_args

    from writer_jobs_mcp.failures import Category

    categories: tuple[str, ...] = get_args(Category)
    if text.strip() in categories:
        return text.strip()
    message = f"must be one of {', '.join(categories)}"
    raise argparse.ArgumentTypeError(message)


def _parse_as(name: str) -> Callable[[str], Any]:
    """Return a parser for an argument of the tools, by the name of its type."""

    def parse(text: str) -> Any:
        from pydantic import TypeAdapter, ValidationError

        from writer_jobs_mcp.tools import arguments

        try:
            return TypeAdapter[Any](getattr(arguments, name)).validate_python(text)
        except ValidationError as exc:
            message = exc.errors()[0]["msg"].removeprefix("Value error, ")
            raise argparse.ArgumentTypeError(message) from None

    return parse


_application, _time = _parse_as("ApplicationId"), _parse_as("TimeOrAge")
