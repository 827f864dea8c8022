"""TLS: settings that cannot be used are named, unneeded ones ignored, and the key is never sent without it."""

import hashlib
import logging
import os
import ssl
from pathlib import Path

import pytest
import trustme
from cryptography import x509

from tests.fakes.raw_http_server import ScriptedServer
from tests.helpers.chaos_calls import check_success, connect_client, run_tool
from tests.helpers.key import KEY
from tests.helpers.mcp import text_of
from tests.helpers.subprocess_server import start_server
from tests.helpers.tally import Tally
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import ConfigError

IGNORED = "SSLKEYLOGFILE cannot be used and is ignored: "


@pytest.fixture(autouse=True)
def without_tls_settings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Unset the variables for TLS and proxies."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize("reason", ["No such file or directory", "Is a directory", "it is a pipe"])
async def test_an_unwritable_ssl_key_log_is_ignored_with_a_warning(
    reason: str, authority: Path, certified: ssl.SSLContext, tmp_path: Path, tally: Tally
) -> None:
    tally.tried["settings of TLS"] += 1
    os.mkfifo(tmp_path / "pipe")
    paths = {"Is a directory": tmp_path, "it is a pipe": tmp_path / "pipe"}
    path = paths.get(reason, tmp_path / "not here" / "keys")
    environ = {"SSLKEYLOGFILE": str(path), "SSL_CERT_FILE": str(authority)}
    async with ScriptedServer().serve(certified) as url, start_server(url, environ) as server:
        await server.call_tool("list_application_jobs", application_id="a")
        server.close_stdin()
        log = await server.read_stderr()
        assert await server.wait() == 0
    assert log.count("\n") == 1
    assert log.endswith(f" WARNING {IGNORED}{reason}\n")


async def test_a_writable_ssl_key_log_is_written(
    without_tls_settings: pytest.MonkeyPatch, authority: Path, certified: ssl.SSLContext, tmp_path: Path, tally: Tally
) -> None:
    tally.tried["settings of TLS"] += 1
    path = tmp_path / "keys"
    without_tls_settings.setenv("SSLKEYLOGFILE", str(path))
    without_tls_settings.setenv("SSL_CERT_FILE", str(authority))
    async with ScriptedServer().serve(certified) as url, connect_client(url) as client:
        check_success(await run_tool(client, tally), tally)
    assert "_TRAFFIC_SECRET" in path.read_text()


async def test_plain_http_ignores_tls_settings(
    without_tls_settings: pytest.MonkeyPatch, tmp_path: Path, tally: Tally, caplog: pytest.LogCaptureFixture
) -> None:
    tally.tried["settings of TLS"] += 1
    for name in ("SSLKEYLOGFILE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        without_tls_settings.setenv(name, str(tmp_path / "not here" / name))
    async with ScriptedServer().serve() as url, connect_client(url) as client:
        check_success(await run_tool(client, tally), tally)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def hashed_name(certificate: bytes) -> str:
    """Return the file name under which OpenSSL finds a CA: the SHA-1 of its canonical subject."""

    def der(tag: int, *parts: bytes) -> bytes:
        content = b"".join(parts)
        assert len(content) < 128
        return bytes([tag, len(content)]) + content

    subject = x509.load_pem_x509_certificate(certificate).subject
    ids = {"2.5.4.10": b"\x55\x04\x0a", "2.5.4.11": b"\x55\x04\x0b"}
    canonical = b"".join(
        der(0x31, der(0x30, der(0x06, ids[each.oid.dotted_string]), der(0x0C, str(each.value).lower().encode())))
        for each in subject
    )
    digest = hashlib.sha1(canonical, usedforsecurity=False).digest()
    return f"{int.from_bytes(digest[:4], 'little'):08x}.0"


@pytest.mark.parametrize("has_others", [False, True])
async def test_certificates_in_a_directory_are_trusted(
    has_others: bool,
    without_tls_settings: pytest.MonkeyPatch,
    issuer: trustme.CA,
    certified: ssl.SSLContext,
    tmp_path: Path,
    tally: Tally,
) -> None:
    tally.tried["settings of TLS"] += 1
    directory = tmp_path / "authorities"
    directory.mkdir()
    issuer.cert_pem.write_to_path(str(directory / hashed_name(issuer.cert_pem.bytes())))
    others = [str(tmp_path / "not here"), str(tmp_path)] if has_others else []
    without_tls_settings.setenv("SSL_CERT_DIR", ":".join([*others, str(directory)]))
    async with ScriptedServer().serve(certified) as url, connect_client(url) as client:
        check_success(await run_tool(client, tally), tally)


UNUSABLE: dict[str, tuple[dict[str, str], str]] = {
    "no file": (
        {"SSL_CERT_FILE": "{tmp}/none"},
        "SSL_CERT_FILE cannot be used: No such file or directory. Correct it, or unset it.",
    ),
    "an empty file": (
        {"SSL_CERT_FILE": "{tmp}/empty"},
        "SSL_CERT_FILE cannot be used: it holds no valid PEM certificates. Correct it, or unset it.",
    ),
    "no certificates": (
        {"SSL_CERT_FILE": "{tmp}/text"},
        "SSL_CERT_FILE cannot be used: it holds no valid PEM certificates. Correct it, or unset it.",
    ),
    "a pipe": (
        {"SSL_CERT_FILE": "{tmp}/pipe"},
        "SSL_CERT_FILE cannot be used: it is a pipe. Correct it, or unset it.",
    ),
    "no directory": (
        {"SSL_CERT_DIR": "{tmp}/none"},
        "SSL_CERT_DIR cannot be used: No such file or directory. Correct it, or unset it.",
    ),
    "a file for it": (
        {"SSL_CERT_DIR": "{tmp}/text"},
        "SSL_CERT_DIR cannot be used: Not a directory. Correct it, or unset it.",
    ),
    "an empty directory": (
        {"SSL_CERT_DIR": "{tmp}"},
        "SSL_CERT_DIR cannot be used: no certificate in it has a hashed name: run `openssl rehash` on it, or unset "
        "SSL_CERT_DIR.",
    ),
    "the first of two": (
        {"SSL_CERT_FILE": "{tmp}/none", "SSL_CERT_DIR": "{tmp}"},
        "SSL_CERT_FILE cannot be used: No such file or directory. Correct it, or unset it.",
    ),
    "beside a key log": (
        {"SSL_CERT_FILE": "{tmp}/text", "SSLKEYLOGFILE": "{tmp}/none/keys"},
        "SSL_CERT_FILE cannot be used: it holds no valid PEM certificates. Correct it, or unset it.",
    ),
}


@pytest.mark.parametrize(("environ", "sentence"), UNUSABLE.values(), ids=UNUSABLE)
async def test_the_unusable_tls_setting_is_named(
    environ: dict[str, str], sentence: str, without_tls_settings: pytest.MonkeyPatch, tmp_path: Path, tally: Tally
) -> None:
    tally.tried["settings of TLS"] += 1
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("no certificate")
    os.mkfifo(tmp_path / "pipe")
    for name, value in environ.items():
        without_tls_settings.setenv(name, value.replace("{tmp}", str(tmp_path)))
    async with connect_client("https://127.0.0.1:9") as client:
        result = await run_tool(client, tally)
    assert (result.is_error, text_of(result)) == (True, sentence)


async def test_ssl_cert_dir_is_ignored_when_ssl_cert_file_is_set(
    without_tls_settings: pytest.MonkeyPatch, authority: Path, certified: ssl.SSLContext, tmp_path: Path, tally: Tally
) -> None:
    tally.tried["settings of TLS"] += 1
    without_tls_settings.setenv("SSL_CERT_FILE", str(authority))
    without_tls_settings.setenv("SSL_CERT_DIR", str(tmp_path / "not here"))
    async with ScriptedServer().serve(certified) as url, connect_client(url) as client:
        check_success(await run_tool(client, tally), tally)


UNENCRYPTED = (
    "http://api.writer.com",
    "http://localhost.evil.example",
    "http://127.0.0.1.evil.example",
    "http://127.0.0.1@evil.example",
    "http://evil.example#@localhost",
    "http://0.0.0.0",
    "http://10.0.0.1",
    "http://[::ffff:10.0.0.1]",
    "http://2130706433",
    "//localhost",
    "ftp://localhost",
    "HTTP://evil.example",
)


@pytest.mark.parametrize("url", UNENCRYPTED)
def test_the_key_is_never_sent_unencrypted_to_another_machine(url: str) -> None:
    with pytest.raises(ConfigError, match="WRITER_BASE_URL must "):
        Config.from_env({"WRITER_API_KEY": KEY, "WRITER_BASE_URL": url})


@pytest.mark.parametrize(
    "url", ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:9", "https://api.writer.com"]
)
def test_loopback_and_tls_urls_are_accepted(url: str) -> None:
    assert Config.from_env({"WRITER_API_KEY": KEY, "WRITER_BASE_URL": url}).base_url == url
