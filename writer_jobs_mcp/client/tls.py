"""The TLS context for requests to Writer: which certificate authorities are trusted."""

import errno
import logging
import os
import re
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx

from writer_jobs_mcp.errors import InvalidNetworkSetting

logger = logging.getLogger(__name__)

_KEY_LOG = "SSLKEYLOGFILE"
_FILE, _DIRECTORIES = "SSL_CERT_FILE", "SSL_CERT_DIR"
_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.[0-9]+")  # of a certificate in a directory: OpenSSL looks for no other


def tls_context() -> ssl.SSLContext:
    """Return a context that trusts the certificates in SSL_CERT_FILE, else those in SSL_CERT_DIR, else those of httpx.

    Raises:
        InvalidNetworkSetting: The first of the two that is set cannot be used.
    """
    file, directories = (os.environ.get(name, "").strip() for name in (_FILE, _DIRECTORIES))
    with _without_unusable_key_log():
        try:
            if file:
                _check_not_a_pipe(file)
                return ssl.create_default_context(cafile=file)
            if directories:
                _check_directories(directories.split(os.pathsep))
                return ssl.create_default_context(capath=directories)
        except OSError as exc:
            # OpenSSL's messages are internal identifiers.
            reason = "it holds no valid PEM certificates" if isinstance(exc, ssl.SSLError) else exc.strerror or str(exc)
            message = f"{_FILE if file else _DIRECTORIES} cannot be used: {reason}. Correct it, or unset it."
            raise InvalidNetworkSetting(message) from None
        return httpx.create_ssl_context(trust_env=False)


def no_tls_context() -> ssl.SSLContext:
    """Return a context for connections without TLS; it reads no setting and trusts no certificate."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _check_not_a_pipe(path: str) -> None:
    """Check that opening and reading the file ends: a pipe would block the whole server.

    Raises:
        OSError: It is a pipe.
    """
    if Path(path).is_fifo():
        raise OSError(errno.EINVAL, "it is a pipe")


def _check_directories(directories: list[str]) -> None:
    """Check that OpenSSL will find a certificate: it does not report missing directories.

    Raises:
        OSError: A directory cannot be read, and no other has a certificate.
        InvalidNetworkSetting: All directories can be read, and none has a certificate.
    """
    unreadable: OSError | None = None
    for directory in directories:
        try:
            if any(_HASHED_NAME.fullmatch(each.name) for each in Path(directory).iterdir()):
                return
        except OSError as exc:
            unreadable = unreadable or exc
    if unreadable:
        raise unreadable
    raise InvalidNetworkSetting(
        f"{_DIRECTORIES} cannot be used: no certificate in it has a hashed name: "
        f"run `openssl rehash` on it, or unset {_DIRECTORIES}."
    )


@contextmanager
def _without_unusable_key_log() -> Generator[None]:
    """Hide SSLKEYLOGFILE where it cannot be written: the ssl module would raise an error that does not name it."""
    path = os.environ.get(_KEY_LOG, "")
    error = _key_log_error(path) if path else None
    if error:
        logger.warning("%s cannot be used and is ignored: %s", _KEY_LOG, error.strerror)
        del os.environ[_KEY_LOG]
    try:
        yield
    finally:
        if error:
            os.environ[_KEY_LOG] = path


def _key_log_error(path: str) -> OSError | None:
    """Return the error that the ssl module raises for this key log, or None."""
    try:
        _check_not_a_pipe(path)
        no_tls_context().keylog_filename = path
    except OSError as exc:
        return exc
    return None
