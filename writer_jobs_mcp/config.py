"""The settings, read from the environment once."""

import codecs
import ipaddress
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from writer_jobs_mcp.errors import ConfigError, MissingKey
from writer_jobs_mcp.sanitize.secrets import MASK
from writer_jobs_mcp.sanitize.text import json_quote, sanitize
from writer_jobs_mcp.sanitize.truncate import preview

HOW_TO_SET_A_KEY = (
    "Set WRITER_API_KEY, or WRITER_API_KEY_FILE to a file that holds the key, in the environment of this server and "
    "restart it (in Claude Desktop: under Settings → Extensions, or under env in claude_desktop_config.json)."
)

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
LOG_LEVELS: tuple[str, ...] = get_args(LogLevel)

_UNEXPANDED_VARIABLE = re.compile(r"\$\{[^{}]*\}\Z")
_INVALID_IN_URL = re.compile(r"[\s\\\x00-\x1f]")
_KEY = re.compile(r"[\x21-\x7e]+\Z")
_MAX_KEY_FILE_BYTES = 65_536
# A long run of the characters that keys consist of, or the separators of a URL beside which credentials stand.
_MAY_BE_SECRET = re.compile(r"(?=[\w+/=-]*\d)[\w+/=-]{12,}|[\w+/=-]{20,}|[@?#]")
_MAX_CHANCE_MATCH = 3  # characters: so short a part of a key may be in any value by chance
_MAX_VALUE_LENGTH = 60


def _validate_base_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts = host = port = None
    if parts is None or not host or port == 0 or _INVALID_IN_URL.search(value):
        message = "must be a URL such as https://api.writer.com"
        raise ValueError(message)
    if parts.username is not None or parts.query or parts.fragment:
        message = "must be a URL without a user name, a password, a query or a fragment"
        raise ValueError(message)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        message = (
            "must start with https:// (http:// is for loopback addresses only, because it sends the key unencrypted)"
        )
        raise ValueError(message)
    return value.rstrip("/")


def is_loopback(host: str) -> bool:
    """Return True if ``host`` can only be this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _validate_key(value: SecretStr) -> SecretStr:
    if not _KEY.match(value.get_secret_value()):
        message = "must be the key alone, without blanks, line breaks or letters outside ASCII"
        raise ValueError(message)
    return value


def _open_without_blocking(path: str, flags: int) -> int:
    """Open a file that may be a pipe without a writer."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _decode(content: bytes) -> str:
    # Windows' own tools write a byte order mark, and PowerShell 5 writes UTF-16.
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if wide else "utf-8-sig")


class Config(BaseModel):
    """The settings: how to reach Writer, how long a call may take, and what the server may do."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    api_key: Annotated[
        Annotated[SecretStr, AfterValidator(_validate_key)] | None,
        Field(
            validation_alias="WRITER_API_KEY",
            description="the API key; without one the server starts, and each tool says how to set it",
        ),
    ] = None
    api_key_file: Annotated[
        Path | None,
        Field(
            validation_alias="WRITER_API_KEY_FILE",
            description="a file that holds the key, used where WRITER_API_KEY is not set; read again when Writer "
            "answers 401, so a rotated key needs no restart",
        ),
    ] = None
    base_url: Annotated[
        str,
        AfterValidator(_validate_base_url),
        Field(
            validation_alias="WRITER_BASE_URL",
            description="the address of the Writer API; https only, except for loopback addresses",
        ),
    ] = "https://api.writer.com"
    call_budget: Annotated[
        float,
        Field(
            validation_alias="WRITER_JOBS_CALL_BUDGET",
            ge=1,
            le=600,
            description="seconds that one tool call may take, waiting and retries included; from 1 to 600",
        ),
    ] = 45
    concurrency: Annotated[
        int,
        Field(
            validation_alias="WRITER_JOBS_CONCURRENCY",
            ge=1,
            le=16,
            description="requests in flight at once, for the whole server; from 1 to 16",
        ),
    ] = 6
    allow_retry: Annotated[
        bool,
        Field(
            validation_alias="WRITER_JOBS_ALLOW_RETRY",
            description="offer retry_jobs; without it the server cannot change anything",
        ),
    ] = False
    structured_content: Annotated[
        bool,
        Field(
            validation_alias="WRITER_JOBS_STRUCTURED_CONTENT",
            description="give each result as structure too; false for clients that give the model both forms: results "
            "are then text alone, which has the same facts",
        ),
    ] = True
    log_level: Annotated[
        LogLevel,
        Field(
            validation_alias="WRITER_JOBS_LOG_LEVEL",
            description=f"level of the log on stderr: {', '.join(LOG_LEVELS)}; --log-level on the command line wins",
        ),
    ] = "WARNING"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings from ``environ``; blank values and unexpanded ``${…}`` count as unset.

        Raises:
            ConfigError: Values are invalid. A sentence for each names the setting and what it must be.
        """
        config, faults = cls.from_env_with_errors(environ)
        if faults:
            raise ConfigError(*faults)
        return config

    @classmethod
    def from_env_with_errors(cls, environ: Mapping[str, str]) -> tuple[Self, tuple[str, ...]]:
        """Read the settings like :meth:`from_env`, with the default for each invalid one.

        Returns:
            The settings, and a sentence for each invalid one. It quotes the value unless that may be a secret: some
            users put the key in the wrong setting.
        """
        given = {name: value.strip() for name, value in environ.items() if name.startswith("WRITER_")}
        given = {name: value for name, value in given.items() if value and not _UNEXPANDED_VARIABLE.match(value)}
        values = dict(given)
        if "WRITER_JOBS_LOG_LEVEL" in values:
            values["WRITER_JOBS_LOG_LEVEL"] = values["WRITER_JOBS_LOG_LEVEL"].upper()
        try:
            return cls.model_validate(values), ()
        except ValidationError as exc:
            complaints = exc.errors(include_url=False, include_context=False, include_input=False)
        must = {str(each["loc"][0]): each["msg"].removeprefix("Value error, ") for each in complaints}
        # Our own validators say what the value must be; for the others it follows from the type.
        types = cls.model_json_schema()["properties"]
        must = {name: text if text.startswith("must ") else _requirement(types[name]) for name, text in must.items()}
        keys = [value for name, value in given.items() if name.startswith("WRITER_API_KEY")]
        usable = {name: value for name, value in values.items() if name not in must}
        shown = {name: "" if name == "WRITER_API_KEY" else describe_invalid_value(given[name], keys) for name in must}
        faults = tuple(f"{name} {text}{shown[name]}." for name, text in must.items())
        return cls.model_validate(usable), faults

    def read_key(self) -> str:
        """Return the API key: ``WRITER_API_KEY`` if it is set, otherwise what the key file contains now.

        Raises:
            MissingKey: No key is set, or the file cannot be read or contains no key.
        """
        if self.api_key is not None:
            return self.api_key.get_secret_value()
        if self.api_key_file is None:
            raise MissingKey("No Writer API key is set.", HOW_TO_SET_A_KEY)
        # Its path is not shown: some users put the key itself in this setting.
        try:
            with open(self.api_key_file.expanduser(), "rb", opener=_open_without_blocking) as file:
                key = _decode(file.read(_MAX_KEY_FILE_BYTES) or b"").strip()
        except (OSError, UnicodeDecodeError, RuntimeError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) else "it is not a text file"
            what = f"The file named by WRITER_API_KEY_FILE cannot be read: {reason}."
            raise MissingKey(what, "Correct the setting or the file, then try again.") from None
        if not key:
            what = "The file named by WRITER_API_KEY_FILE is empty."
            raise MissingKey(what, "Put the API key in it, then try again.")
        if not _KEY.match(key):
            what = "The file named by WRITER_API_KEY_FILE must hold the API key and nothing else."
            raise MissingKey(what, "Correct the file, then try again.")
        return key

    def is_key_in(self, text: str) -> bool:
        """Return True if ``text`` contains the API key, as it is set now."""
        try:
            return self.read_key() in text
        except MissingKey:
            return False


class Setting(NamedTuple):
    """A setting as users read about it; ``default`` is empty if there is none."""

    name: str
    default: str
    meaning: str


def settings() -> list[Setting]:
    """Return every setting, in the order in which they are documented."""
    return [
        Setting(str(field.validation_alias), _format_default(field.default), field.description or "")
        for field in Config.model_fields.values()
    ]


def _format_default(default: object) -> str:
    if default is None:
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)


def _requirement(kind: Mapping[str, Any]) -> str:
    """Say what a value must be, from the JSON schema of its setting."""
    if "enum" in kind:
        return f"must be one of {', '.join(kind['enum'])}"
    if kind["type"] == "boolean":
        return "must be true or false"
    number = "a number" if kind["type"] == "number" else "a whole number"
    return f"must be {number} from {kind['minimum']} to {kind['maximum']}"


NOT_SHOWN = "; the value is not shown here, because it may be a secret"


def describe_invalid_value(value: str, keys: Sequence[str] = ()) -> str:
    """Return the end of a sentence that quotes an invalid value, or says that it may be a secret.

    Args:
        value: The invalid value.
        keys: The API key, if it is known.
    """
    if may_be_secret(value, keys):
        return NOT_SHOWN
    return f"; got {json_quote(preview(value, _MAX_VALUE_LENGTH))}"


def may_be_secret(value: str, keys: Sequence[str] = ()) -> bool:
    """Return True if a value may be, or may contain, a key or a password."""
    shown = sanitize(value)
    is_key = any(key in shown or (len(shown) > _MAX_CHANCE_MATCH and shown in key) for key in keys)
    return is_key or MASK in shown or _MAY_BE_SECRET.search(shown) is not None
