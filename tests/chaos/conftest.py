"""What was tried, and what of it was lost, leaked or hung: told at the end of the run."""

import logging
import os
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import anyio
import pytest
import trustme

from tests.client.telling import parts_told

T = TypeVar("T")


def at_length(short: T, full: T) -> T:
    """How many times something is tried, or how: the first in the gate, the second by ``make chaos``."""
    return full if os.environ.get("CHAOS") == "full" else short


Quietly = Callable[[Callable[[], Awaitable[None]]], None]


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


@pytest.fixture(scope="session")
def issuer() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def authority(issuer: trustme.CA, tmp_path: Path) -> Path:
    """The certificate of the authority behind ``certified``, for those who trust it."""
    path = tmp_path / "authority.pem"
    issuer.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def certified(issuer: trustme.CA, tmp_path: Path) -> ssl.SSLContext:
    """The side of TLS of a server on 127.0.0.1."""
    path = tmp_path / "certificate.pem"
    issuer.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.fixture(autouse=True)
def nothing_of_the_key_is_logged(tally: Tally, caplog: pytest.LogCaptureFixture) -> Generator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    # By now `caplog.text` holds what is logged after the test, so what was logged in it is written out anew.
    formatter = logging.Formatter()
    tally.read("\n".join(map(formatter.format, caplog.get_records("call"))))


@pytest.fixture
def quietly(tally: Tally, caplog: pytest.LogCaptureFixture) -> Quietly:
    """Has a conversation in which nothing of the key, and no fault, may be logged; for those who have many."""
    caplog.set_level(logging.WARNING, "httpcore")  # as the command line has it: it logs each header

    def have(conversation: Callable[[], Awaitable[None]]) -> None:
        anyio.run(conversation)
        faults = [
            record.getMessage() for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR
        ]
        tally.read(caplog.text)
        caplog.clear()
        assert faults == []

    return have


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _TALLY.tried:
        tried = ", ".join(f"{number} {kind}" for kind, number in _TALLY.tried.items())
        terminalreporter.write_line(f"Tried: {tried}. Lost {_TALLY.lost}, leaked {_TALLY.leaked}, hung {_TALLY.hung}.")
