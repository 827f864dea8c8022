"""The arguments of triage and failures: what is accepted, and what they become."""

import argparse
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.helpers.jobs import JsonObject
from writer_jobs_mcp.commands.report_arguments import add_failures_arguments, add_triage_arguments, report_options


def parse(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.set_defaults(sandbox=False)
    commands = parser.add_subparsers(dest="command")
    for command in (add_triage_arguments(commands), add_failures_arguments(commands)):
        command.exit_on_error = False
    return parser.parse_args(argv)


def error_of(*argv: str) -> str:
    with pytest.raises(argparse.ArgumentError) as caught:
        parse(*argv)
    return str(caught.value)


@pytest.mark.parametrize(
    ("given", "percent"),
    [("5", "5"), ("0.5", "0.5"), (".5", "0.5"), ("5%", "5"), (" 5 % ", "5"), ("0", "0"), ("100", "100")],
)
def test_a_percentage_is_a_number_from_0_to_100(given: str, percent: str) -> None:
    assert parse("triage", "a", "--fail-above", given).fail_above == Decimal(percent)


@pytest.mark.parametrize("given", ["nan", "inf", "100.1", "101", "1e1", "", "%", "5%%", "0x5", "\u0665", "5 5", "five"])
def test_another_percentage_is_refused(given: str) -> None:
    assert error_of("triage", "a", "--fail-above", given) == "argument --fail-above: must be a number from 0 to 100"


MOMENT = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize("command", ["triage", "failures"])
@pytest.mark.parametrize(
    ("argv", "window"),
    [
        ([], (DAY, None)),
        (["--since", "7d"], (timedelta(days=7), None)),
        (["--since", "all"], (None, None)),
        (["--until", "12h"], (timedelta(hours=36), timedelta(hours=12))),
        (["--until", "2026-11-23T08:00:00Z"], (MOMENT - DAY, MOMENT)),
        (["--since", "2026-11-23 09:00 Europe/Berlin", "--until", "1h"], (MOMENT, timedelta(hours=1))),
        (["--until", "0001-01-01T01:00:00Z"], (datetime.min.replace(tzinfo=UTC), datetime(1, 1, 1, 1, tzinfo=UTC))),
    ],
    ids=str,
)
def test_without_since_the_window_is_a_day(command: str, argv: list[str], window: tuple[Any, Any]) -> None:
    options = report_options(parse(command, "a", *argv))
    assert (options["since"], options["until"]) == window


@pytest.mark.parametrize(
    ("argv", "error"),
    [
        (["triage", ""], "argument APPLICATION: must not be empty"),
        (["failures", "a", "--since", "soon"], "argument --since: must be a time such as 2026-11-23T08:00:00Z or "),
        (["triage", "a", "--until", "all"], "argument --until: must be a time such as "),
        (["failures", "a", "--like", "a/b"], "argument --like: must be an id as Writer gives it: no slash, "),
        (["failures", "a", "--category", "bad luck"], "argument --category: must be one of rate_limit, timeout, "),
        (["failures", "a", "--contains", " "], "argument --contains: must have 1 to 500 visible characters"),
        (["failures", "a", "--contains", "x" * 501], "argument --contains: must have 1 to 500 visible characters"),
    ],
    ids=str,
)
def test_an_invalid_argument_is_refused_with_the_sentence_of_the_tools(argv: list[str], error: str) -> None:
    assert error_of(*argv).startswith(error)


def test_the_options_of_both_commands_are_those_of_the_tools() -> None:
    options: JsonObject = report_options(parse("failures", " a ", "--format", "csv"))
    assert options == {"application": "a", "since": DAY, "until": None, "output_format": "csv", "sandbox": False}
