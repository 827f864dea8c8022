"""A test run ends with the number of skipped tests and the reasons, in one process and in several."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = """
import pytest

from tests.helpers.tally import TALLY

@pytest.mark.parametrize("number", range(6))
def test_counts(pytestconfig, number):
    pytestconfig.stash[TALLY].tried[("odd" if number % 2 else "even") + " numbers"] += number
    pytestconfig.stash[TALLY].lost += 1
"""
SKIPPED = """
@pytest.mark.parametrize("number", range(3))
def test_draws(number):
    pytest.skip("no browser was found")
"""
SKIPPED_ELSEWHERE = """
@pytest.mark.skipif(True, reason="Windows has no pipes")
def test_pipes():
    pass
"""
FAILED = """
def test_fails():
    assert False
"""
STRICT = {"FAIL_ON_SKIPPED_TESTS": "1"}


@pytest.fixture(params=[[], ["-n", "2"]], ids=["one process", "two workers"])
def flags(request: pytest.FixtureRequest) -> list[str]:
    return request.param


def last_lines(place: Path, flags: list[str], tests: str, **environ: str) -> tuple[int, list[str]]:
    """Run the tests; return the exit status and the last three lines of output."""
    (place / "test_some.py").write_text(tests, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "FAIL_ON"))}
    plugins = ["-p", "tests.helpers.reporting", "-p", "xdist", "-p", "no:cacheprovider"]
    done = subprocess.run(  # noqa: S603 - pytest
        [sys.executable, "-m", "pytest", "-q", *plugins, *flags, "test_some.py"],
        cwd=place,
        env={**kept, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environ},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout.splitlines()[-3:]


def test_skipped_tests_are_counted_by_reason_and_tallies_are_summed(flags: list[str], tmp_path: Path) -> None:
    status, (tried, left_out, closing) = last_lines(tmp_path, flags, TESTS + SKIPPED)
    assert status == 0
    assert tried == "Tried: 6 even numbers, 9 odd numbers. Lost 6, leaked 0, hung 0."
    assert left_out == "3 tests were left out: no browser was found."
    assert closing.startswith("6 passed, 3 skipped in ")


def test_in_the_gate_a_skipped_test_fails_the_run(flags: list[str], tmp_path: Path) -> None:
    status, (_, left_out, closing) = last_lines(tmp_path, flags, TESTS + SKIPPED + SKIPPED_ELSEWHERE, **STRICT)
    assert status == 1
    assert left_out == (
        "4 tests were left out: 3, no browser was found; 1, Windows has no pipes. "
        "FAIL_ON_SKIPPED_TESTS is set: this fails the run."
    )
    assert closing.startswith("6 passed, 4 skipped in ")


def test_in_the_gate_a_run_without_skipped_tests_passes(tmp_path: Path) -> None:
    status, lines = last_lines(tmp_path, [], TESTS, **STRICT)
    assert status == 0
    assert "left out" not in "".join(lines)


def test_a_failed_run_fails_also_with_skipped_tests(tmp_path: Path) -> None:
    status, (_, left_out, closing) = last_lines(tmp_path, [], TESTS + SKIPPED_ELSEWHERE + FAILED)
    assert status == 1
    assert left_out == "1 test was left out: Windows has no pipes."
    assert closing.startswith("1 failed, 6 passed, 1 skipped in ")
