"""What was tried, and what of it was lost, leaked or hung: told at the end of the run."""

import logging
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field

import pytest

from tests.client.telling import parts_told


@dataclass
class Tally:
    """What was tried, by kind, and what went wrong with it."""

    tried: Counter[str] = field(default_factory=Counter[str])
    lost: int = 0
    leaked: int = 0
    hung: int = 0

    def read(self, text: str) -> None:
        """Look through whatever an agent or a person gets to see."""
        parts = parts_told(text)
        self.leaked += bool(parts)
        assert parts == []


_TALLY = Tally()


@pytest.fixture
def tally() -> Tally:
    return _TALLY


@pytest.fixture(autouse=True)
def nothing_of_the_key_is_logged(tally: Tally, caplog: pytest.LogCaptureFixture) -> Generator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    tally.read(caplog.text)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _TALLY.tried:
        tried = ", ".join(f"{number} {kind}" for kind, number in _TALLY.tried.items())
        terminalreporter.write_line(f"Tried: {tried}. Lost {_TALLY.lost}, leaked {_TALLY.leaked}, hung {_TALLY.hung}.")
