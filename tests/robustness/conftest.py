"""What the tests share that break things on purpose: a tally, certificates, and a watch on what is logged."""

import logging
import os
import ssl
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path
from typing import TypeVar

import anyio
import pytest
import trustme

from tests.helpers.tally import TALLY, Tally

T = TypeVar("T")


def gate_or_full(short: T, full: T) -> T:
    """How many times something is tried, or how: the first in the gate, the second by ``make chaos``."""
    return full if os.environ.get("CHAOS") == "full" else short


RunWithoutErrors = Callable[[Callable[[], Awaitable[None]]], None]


@pytest.fixture
def tally(pytestconfig: pytest.Config) -> Tally:
    return pytestconfig.stash[TALLY]


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
    tally.check_for_key("\n".join(map(formatter.format, caplog.get_records("call"))))


@pytest.fixture
def quietly(tally: Tally, caplog: pytest.LogCaptureFixture) -> RunWithoutErrors:
    """Has a conversation in which nothing of the key, and no fault, may be logged; for those who have many."""
    caplog.set_level(logging.WARNING, "httpcore")  # as the command line has it: it logs each header

    def have(conversation: Callable[[], Awaitable[None]]) -> None:
        anyio.run(conversation)
        faults = [
            record.getMessage() for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR
        ]
        tally.check_for_key(caplog.text)
        caplog.clear()
        assert faults == []

    return have
