"""Fixtures of the robustness tests: the tally, certificates, proxies, and a check of the log after each test."""

import logging
import ssl
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path

import pytest
import trustme

from tests.fakes.http_proxy import PROXY_VARIABLES
from tests.helpers.run_async import run_async
from tests.helpers.tally import TALLY, Tally

RunWithoutErrors = Callable[[Callable[[], Awaitable[None]]], None]


@pytest.fixture
def tally(pytestconfig: pytest.Config) -> Tally:
    return pytestconfig.stash[TALLY]


@pytest.fixture(scope="session")
def issuer() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def authority(issuer: trustme.CA, tmp_path: Path) -> Path:
    """The CA certificate that a client must trust to accept ``certified``."""
    path = tmp_path / "authority.pem"
    issuer.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def certified(issuer: trustme.CA, tmp_path: Path) -> ssl.SSLContext:
    """The TLS settings of a server on 127.0.0.1."""
    path = tmp_path / "certificate.pem"
    issuer.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.fixture
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Unset every proxy variable."""
    for name in PROXY_VARIABLES:
        for each in (name, name.lower()):
            monkeypatch.delenv(each, raising=False)
    return monkeypatch


@pytest.fixture
def trusted_authority(authority: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))


@pytest.fixture(autouse=True)
def no_part_of_the_key_is_logged(tally: Tally, caplog: pytest.LogCaptureFixture) -> Generator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    # By now `caplog.text` also holds what teardown logs, so format the records of the test itself.
    formatter = logging.Formatter()
    tally.check_for_key("\n".join(map(formatter.format, caplog.get_records("call"))))


@pytest.fixture
def run_without_errors(tally: Tally, caplog: pytest.LogCaptureFixture) -> RunWithoutErrors:
    """Run a coroutine that must log no error and no part of the key; for tests with many examples."""
    caplog.set_level(logging.WARNING, "httpcore")  # as the command line sets it: httpcore logs each header

    def run(example: Callable[[], Awaitable[None]]) -> None:
        run_async(example)
        faults = [
            record.getMessage() for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR
        ]
        tally.check_for_key(caplog.text)
        caplog.clear()
        assert faults == []

    return run
