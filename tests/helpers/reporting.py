"""Print which tests were skipped, and why, before pytest's last line; with or without pytest-xdist.

With ``FAIL_ON_SKIPPED_TESTS``, skipped tests fail the run.
"""

import os
from collections import Counter
from dataclasses import asdict
from typing import Any

import pytest

from tests.helpers.tally import TALLY, Tally

STRICT_VARIABLE = "FAIL_ON_SKIPPED_TESTS"


def count_skips(config: pytest.Config) -> Counter[str]:
    """Return how many tests were skipped for each reason."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if not isinstance(reporter, pytest.TerminalReporter):
        return Counter()  # a worker of pytest-xdist: its parent process has all reports
    reports: list[pytest.TestReport] = reporter.stats.get("skipped", [])
    return Counter(skip_reason(report) for report in reports)


def skip_reason(report: pytest.TestReport) -> str:
    """Return why the test was skipped."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")


def skip_summary(reasons: Counter[str]) -> str:
    """Return one line about the skipped tests."""
    number = reasons.total()
    tests = "1 test was" if number == 1 else f"{number} tests were"
    if len(reasons) == 1:
        return f"{tests} left out: {next(iter(reasons))}."
    return f"{tests} left out: " + "; ".join(f"{count}, {reason}" for reason, count in reasons.most_common()) + "."


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TALLY] = Tally()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> Any:
    yield  # all other summaries come first
    if config.stash[TALLY].tried:
        terminalreporter.write_line(str(config.stash[TALLY]))
    reasons = count_skips(config)
    if reasons:
        failed = f" {STRICT_VARIABLE} is set: this fails the run." if os.environ.get(STRICT_VARIABLE) else ""
        terminalreporter.write_line(skip_summary(reasons) + failed)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:  # in a worker of pytest-xdist; its parent process gets it
        tally = session.config.stash[TALLY]
        output["tally"] = {**asdict(tally), "tried": dict(tally.tried)}  # plain types, so that it can be sent
    elif os.environ.get(STRICT_VARIABLE) and session.exitstatus == pytest.ExitCode.OK and count_skips(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)  # a hook of pytest-xdist
def pytest_testnodedown(node: Any) -> None:
    counted = getattr(node, "workeroutput", {}).get("tally")  # a worker that crashed sends nothing
    if counted:
        node.config.stash[TALLY] += Tally(Counter(counted.pop("tried")), **counted)
