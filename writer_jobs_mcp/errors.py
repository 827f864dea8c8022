"""Every expected failure, as what happened and what to do next.

The tree::

    WriterError
    ├── MissingKey          no key is set, or its file cannot be read
    ├── KeyRejected         401: Writer does not know the key
    ├── Forbidden           403: the key may not see this
    ├── NotFound            404, 405, 410: no such application or job
    │   └── NotListed       the whole list of the application was read, and the job is not in it
    ├── BadRequest          any other 4xx, or an id that cannot be sent
    ├── RateLimited         429, and the call budget leaves no time to wait, or it was a POST
    ├── Unavailable         no connection, no response, 408 or 5xx, after the retries
    ├── UnreadableResponse  a response that breaks the API's promises
    ├── BudgetExceeded      the time for one tool call is over
    ├── UncertainRetry      a retry was sent and may have started: no clear response came
    │   └── FailedRetry     Writer answered it with a redirect or a 5xx
    └── InvalidArguments    arguments that contradict each other, or name several applications or a job for one

    ConfigError             unusable settings; raised before anything is served
    └── InvalidNetworkSetting  also a WriterError: a proxy, certificates or a host name; raised by the first request

``str(error)`` joins the two parts. It never holds the key or any part of it.
"""

KEY_IN_ARGUMENT = "The API key was passed as an argument. Do not pass it: it is already set."


class WriterError(Exception):
    """A request to Writer failed, or its response could not be used.

    Attributes:
        what: What happened.
        advice: What to do next; empty where ``what`` includes it.
    """

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(f"{what} {advice}" if advice else what)
        self.what = what
        self.advice = advice


class MissingKey(WriterError):
    """There is no API key to send."""


class KeyRejected(WriterError):
    """Writer answered 401."""


class Forbidden(WriterError):
    """Writer answered 403."""


class NotFound(WriterError):
    """Writer answered 404, 405 or 410, or no application has this name.

    Attributes:
        is_documented: Whether the response has the documented form of an error, or no body. Otherwise it may come from
            a host that is not Writer's.
    """

    def __init__(self, what: str, advice: str = "", *, is_documented: bool = True) -> None:
        super().__init__(what, advice)
        self.is_documented = is_documented


class NotListed(NotFound):
    """The whole list of an application was read, and the job is not in it."""


class BadRequest(WriterError):
    """Writer answered another 4xx, or the id cannot be one of Writer's, so nothing was sent.

    Attributes:
        status: The status of the response; None if nothing was sent.
    """

    def __init__(self, what: str, advice: str = "", status: int | None = None) -> None:
        super().__init__(what, advice)
        self.status = status


class RateLimited(WriterError):
    """Writer answered 429, and the call budget leaves no time to wait, or it was a POST.

    Attributes:
        retry_after: Seconds that Writer asks to wait; None if it does not say.
    """

    def __init__(self, what: str, advice: str = "", retry_after: float | None = None) -> None:
        super().__init__(what, advice)
        self.retry_after = retry_after


class Unavailable(WriterError):
    """Writer could not be reached, did not answer in time, or answered 408 or 5xx."""


class UnreadableResponse(WriterError):
    """A response breaks the API's promises."""


class WrongAddress(UnreadableResponse):
    """Nothing of Writer's API is found at WRITER_BASE_URL."""


class BudgetExceeded(WriterError):
    """The time for one tool call was over before Writer answered."""


class UncertainRetry(WriterError):
    """A retry was sent and no clear response came. It may have started, so it is not sent again."""


class FailedRetry(UncertainRetry):
    """Writer answered a retry with a redirect or a 5xx. It may have started all the same."""


class InvalidArguments(WriterError):
    """Well-formed arguments contradict each other, or application_id names several applications or a job."""


class ConfigError(Exception):
    """The command line or the environment is unusable.

    Attributes:
        sentences: One for each fault, with how to correct it.
    """

    def __init__(self, *sentences: str) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


class InvalidNetworkSetting(WriterError, ConfigError):
    """A proxy, a certificate file or the host name of Writer is unusable; raised by the first request."""

    def __init__(self, *sentences: str) -> None:
        ConfigError.__init__(self, *sentences)
        self.what, self.advice = str(self), ""
