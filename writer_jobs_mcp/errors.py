"""Everything that can go wrong between us and Writer, each a sentence for whoever must act next.

The tree::

    WriterError
    ├── MissingKey          no key is set, or its file cannot be read
    ├── KeyRefused          401: Writer does not know the key
    ├── Forbidden           403: the key may not see this
    ├── NotFound            404, 405, 410: no such application or job
    │   └── NotListed       a job is not in its application's list, which was read whole
    ├── BadRequest          any other 4xx, or an id that cannot be asked for: Writer would not take the request
    ├── RateLimited         429: too many requests, after our own patience
    ├── Unavailable         no connection, no answer, a 408 or a 5xx, after our own retries where they may help
    ├── UnreadableAnswer    an answer that is not what the API promises
    ├── BudgetSpent         the time one tool call may take is over
    ├── DoubtfulRetry       a retry may have been started: it was sent, and no clear answer came
    │   └── FailedRetry     Writer answered it with a redirect or a 5xx
    └── BadArguments        arguments that contradict each other, or name several applications or a job for one

    ConfigError             settings that cannot be used; raised before anything is served
    └── UnusableNetworkSetting  is a WriterError too: a proxy, certificates or a host name, seen at the first request

``str(error)`` is complete: what happened, then what to do. It never holds the key or any part of it.
"""


class WriterError(Exception):
    """Writer could not be asked, or its answer could not be used."""


class MissingKey(WriterError):
    """There is no API key to send."""


class KeyRejected(WriterError):
    """Writer answered 401."""


class Forbidden(WriterError):
    """Writer answered 403."""


class NotFound(WriterError):
    """Writer answered 404, 405 or 410, or no application has this name."""


class NotListed(NotFound):
    """A job is not in the list of its application, which was read whole."""


class BadRequest(WriterError):
    """Writer answered another 4xx, or was not asked, because no id of its can be what was given for one.

    Attributes:
        status: The status that Writer answered with; None where it was not asked.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class RateLimited(WriterError):
    """Writer answered 429 and the call budget leaves no room to wait longer."""


class Unavailable(WriterError):
    """Writer could not be reached, did not answer in time, or answered 408 or 5xx."""


class UnreadableResponse(WriterError):
    """Writer answered with something the API does not promise."""


class BudgetExceeded(WriterError):
    """The time that one tool call may take was over before Writer had answered."""


class UncertainRetry(WriterError):
    """A retry was sent and no clear answer came: whether it was started is not known, so it is not sent again."""


class FailedRetry(UncertainRetry):
    """Writer answered a retry with a redirect or a 5xx: neither accepted nor refused, it may have been started."""


class InvalidArguments(WriterError):
    """Well-formed arguments contradict each other, or the one for an application names several, or a job."""


class ConfigError(Exception):
    """The command line or the environment cannot be used: one sentence for each fault, which says how to correct it."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


class InvalidNetworkSetting(WriterError, ConfigError):
    """A proxy, a file of certificates or the host name of Writer cannot be used; seen at the first request."""
