"""The key on its way out: sent with each request, and read again from its file once Writer refuses it."""

from collections import deque
from collections.abc import Callable, Generator
from http import HTTPStatus

import httpx
from pydantic import JsonValue

from writer_jobs_mcp.client.echoes import Echoes
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import KeyRefused

_KEYS_REMEMBERED = 8  # answers to requests under a key that was rotated away may still be on their way


class BearerKey(httpx.Auth):
    """Sends the key, and takes it out of whatever comes back."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._key: str | None = None
        self._sent: deque[Echoes] = deque(maxlen=_KEYS_REMEMBERED)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Put the key on a request; where it comes from a file and is refused, put on what the file holds now.

        Raises:
            MissingKey: There is none.
        """
        key = self._key or self._read()
        request.headers["Authorization"] = f"Bearer {key}"
        response = yield request
        if response.status_code == HTTPStatus.UNAUTHORIZED and self._config.api_key is None and self._read() != key:
            request.headers["Authorization"] = f"Bearer {self._key}"
            yield request

    def is_in(self, text: str) -> bool:
        """Whether a text holds the key.

        Raises:
            MissingKey: There is none.
        """
        return (self._key or self._read()) in text

    def _read(self) -> str:
        key = self._config.read_key()
        if key != self._key:
            self._key = key
            self._sent.append(Echoes(key))
        return key

    def refused(self) -> KeyRefused:
        """What to say when Writer does not take it."""
        where = "WRITER_API_KEY" if self._config.api_key else "the file named by WRITER_API_KEY_FILE"
        return KeyRefused(
            f"Writer refused the API key (401). Check that {where} holds a current key of the right organization; a "
            "new key in the environment counts after a restart of this server."
        )

    def may_be_told_by(self, text: str) -> bool:
        """Whether a key might be told by a text; it is not where this is False."""
        return any(echoes.may_be_in(text) for echoes in self._sent)

    def taken_out_of(self, said: JsonValue) -> JsonValue:
        """What Writer said, with no text in it that tells a key."""
        for echoes in self._sent:
            said = _each_text(echoes.masked, said)
        return said

    def blotted_out_of(self, complaint: str) -> str:
        """An error's words without even four characters of a key."""
        for echoes in self._sent:
            complaint = echoes.blotted(complaint)
        return complaint


def _each_text(change: Callable[[str], str], said: JsonValue) -> JsonValue:
    match said:
        case str():
            return change(said)
        case dict():
            return {change(name): _each_text(change, value) for name, value in said.items()}
        case list():
            return [_each_text(change, item) for item in said]
        case _:
            return said
