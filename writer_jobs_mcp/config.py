"""The settings of one server, read from the environment once."""

import codecs
import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from writer_jobs_mcp.errors import ConfigError, MissingKey

HOW_TO_SET_A_KEY = (
    "Set WRITER_API_KEY, or WRITER_API_KEY_FILE to a file that holds the key, in the environment of this server and "
    "restart it (in Claude Desktop: under Settings → Extensions, or under env in claude_desktop_config.json)."
)

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
LOG_LEVELS: tuple[str, ...] = get_args(LogLevel)

_UNEXPANDED = re.compile(r"\$\{[^{}]*\}\Z")
_NEVER_IN_A_URL = re.compile(r"[\s\\\x00-\x1f]")
_KEY = re.compile(r"[\x21-\x7e]+\Z")
_GREATEST_KEY_FILE = 65_536


def _base_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts = host = port = None
    if parts is None or not host or port == 0 or _NEVER_IN_A_URL.search(value):
        message = "must be a URL such as https://api.writer.com"
        raise ValueError(message)
    if parts.username is not None or parts.query or parts.fragment:
        message = "must be a bare URL, with no user name, password, query or fragment"
        raise ValueError(message)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        message = (
            "must start with https:// (http:// is for loopback addresses only), so that the key is not sent in clear"
        )
        raise ValueError(message)
    return value.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether ``host`` can only be this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _usable_key(value: SecretStr) -> SecretStr:
    if not _KEY.match(value.get_secret_value()):
        message = "holds a character that no key has (a blank, a line break or a letter outside ASCII)"
        raise ValueError(message)
    return value


def _without_waiting(path: str, flags: int) -> int:
    """Open a file that may be a pipe into which nobody writes."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _decoded(content: bytes) -> str:
    # Windows' own tools put a mark at the start, and PowerShell 5 writes UTF-16 behind it.
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if wide else "utf-8-sig")


class Config(BaseModel):
    """How this server reaches Writer, how long it may take, and what it may do."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    api_key: Annotated[
        Annotated[SecretStr, AfterValidator(_usable_key)] | None, Field(validation_alias="WRITER_API_KEY")
    ] = None
    api_key_file: Annotated[Path | None, Field(validation_alias="WRITER_API_KEY_FILE")] = None
    base_url: Annotated[str, AfterValidator(_base_url), Field(validation_alias="WRITER_BASE_URL")] = (
        "https://api.writer.com"
    )
    call_budget: Annotated[float, Field(validation_alias="WRITER_JOBS_CALL_BUDGET", ge=1, le=600)] = 45
    """Seconds that one tool call may take in all."""
    concurrency: Annotated[int, Field(validation_alias="WRITER_JOBS_CONCURRENCY", ge=1, le=16)] = 6
    """Requests in flight at once, for the whole server."""
    allow_retry: Annotated[bool, Field(validation_alias="WRITER_JOBS_ALLOW_RETRY")] = False
    log_level: Annotated[LogLevel, Field(validation_alias="WRITER_JOBS_LOG_LEVEL")] = "WARNING"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings from ``environ``; blank values and ``${…}`` that no launcher expanded are unset.

        Raises:
            ConfigError: A value cannot be used. The message is one sentence that names the setting and does not
                repeat the value, which may be a key put in the wrong place.
        """
        given = {name: value.strip() for name, value in environ.items() if name.startswith("WRITER_")}
        given = {name: value for name, value in given.items() if value and not _UNEXPANDED.match(value)}
        if "WRITER_JOBS_LOG_LEVEL" in given:
            given["WRITER_JOBS_LOG_LEVEL"] = given["WRITER_JOBS_LOG_LEVEL"].upper()
        try:
            return cls.model_validate(given)
        except ValidationError as exc:
            complaint = exc.errors(include_url=False, include_context=False, include_input=False)[0]
            what = "it must be true or false" if complaint["type"] == "bool_parsing" else complaint["msg"]
            what = what.removeprefix("Value error, ").replace("Input should", "it should")
            message = f"{complaint['loc'][0]} cannot be used: {what[0].lower()}{what[1:]}."
            raise ConfigError(message) from None

    def read_key(self) -> str:
        """The API key: ``WRITER_API_KEY`` where it is set, else what the key file holds now.

        Raises:
            MissingKey: No key is set, or the file cannot be read or holds no key.
        """
        if self.api_key is not None:
            return self.api_key.get_secret_value()
        if self.api_key_file is None:
            message = f"No Writer API key is set. {HOW_TO_SET_A_KEY}"
            raise MissingKey(message)
        # Its path is not told: some put the key itself where the name of its file belongs.
        try:
            with open(self.api_key_file.expanduser(), "rb", opener=_without_waiting) as file:
                key = _decoded(file.read(_GREATEST_KEY_FILE) or b"").strip()
        except (OSError, UnicodeDecodeError, RuntimeError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) else "it is not a text file with a key"
            message = f"The key file that WRITER_API_KEY_FILE names cannot be read: {reason}. Mend it, then call again."
            raise MissingKey(message) from None
        if not _KEY.match(key):
            message = (
                "The key file that WRITER_API_KEY_FILE names holds no key, or more than a key. Put the key alone in "
                "it, then call again."
            )
            raise MissingKey(message)
        return key

    def is_key_in(self, text: str) -> bool:
        """Whether ``text`` holds the API key, as it is set now."""
        try:
            return self.read_key() in text
        except MissingKey:
            return False
