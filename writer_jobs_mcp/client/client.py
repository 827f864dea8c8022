"""The Writer API: one method per endpoint."""

import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import quote, urlsplit

import httpx

from writer_jobs_mcp.client.auth import BearerAuth
from writer_jobs_mcp.client.connect import Transport, build_http_client
from writer_jobs_mcp.client.connection_guard import SendTracker
from writer_jobs_mcp.client.error_mapping import NOT_FOUND_STATUSES
from writer_jobs_mcp.client.ids import can_be_sent, display_id
from writer_jobs_mcp.client.models import Application, ApplicationPage, Job, JobPage, RawJson
from writer_jobs_mcp.client.request import Requests
from writer_jobs_mcp.client.responses import ModelT
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import KEY_IN_ARGUMENT, BadRequest, NotFound, WrongAddress
from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.sanitize.truncate import preview

_APPLICATIONS = ("/v1/applications", "the list of applications")


@asynccontextmanager
async def open_client(config: Config, transport: Transport | None = None) -> AsyncGenerator["WriterClient"]:
    """Open a client, and close its connections at the end.

    Args:
        config: The address of Writer, the key, the call budget and the concurrency.
        transport: Carries the requests; the network, unless another is given.

    Raises:
        InvalidNetworkSetting: A proxy, a certificate file or the host name of Writer is unusable.
    """
    client = create_client(config, transport)
    try:
        yield client
    finally:
        await client.aclose()


def create_client(config: Config, transport: Transport | None = None) -> "WriterClient":
    """Create a client that the caller closes with :meth:`WriterClient.aclose`.

    Raises:
        InvalidNetworkSetting: As :func:`open_client` does.
    """
    # At DEBUG these two would log the headers of each response, which may hold the key. telemetry.http logs attempts.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    auth = BearerAuth(config)
    return WriterClient(build_http_client(config, auth, transport), auth, config)


class WriterClient:
    """Writer's application and job endpoints.

    A GET is sent again after transient errors, as :mod:`~writer_jobs_mcp.client.retry` defines them, until the deadline
    of the surrounding cancel scope, at most the call budget from now. A parameter that is None is not sent.

    Every method raises a :class:`~writer_jobs_mcp.errors.WriterError` and nothing else.
    """

    def __init__(self, http: httpx.AsyncClient, auth: BearerAuth, config: Config) -> None:
        self._http = http
        self._auth = auth
        self._requests = Requests(http, auth, config)
        self._base_path = urlsplit(config.base_url).path.rstrip("/")
        self._is_address_known = False  # until anything was found at it
        self.concurrency = config.concurrency
        """Requests that may be in flight at once."""

    @property
    def requests_sent(self) -> int:
        """How many requests were sent so far, repeated ones included: Writer allows 400 a minute."""
        return self._requests.sent

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def list_applications(
        self,
        *,
        order: str | None = None,
        before: str | None = None,
        after: str | None = None,
        limit: int | None = None,
        type_: str | None = None,
    ) -> ApplicationPage:
        """Send ``GET /v1/applications``."""
        path, subject = _APPLICATIONS
        before, after = (each and self._validate_id(each) for each in (before, after))
        query = {"order": order, "before": before, "after": after, "limit": limit, "type": type_}
        return await self._get(path, ApplicationPage, subject, query)

    async def get_application(self, application_id: str) -> Application:
        """Send ``GET /v1/applications/{application_id}``."""
        path, subject = self._application(application_id)
        return await self._get(path, Application, subject)

    async def list_jobs(
        self,
        application_id: str,
        *,
        status: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> JobPage:
        """Send ``GET /v1/applications/{application_id}/jobs``."""
        path, subject = self._application(application_id)
        query = {"status": status, "offset": offset, "limit": limit}
        return await self._get(f"{path}/jobs", JobPage, subject, query)

    async def get_job(self, job_id: str, *, is_last: bool = True) -> Job:
        """Send ``GET /v1/applications/jobs/{job_id}``.

        ``is_last`` is whether a 404 ends the search; then it is made sure that the id is to blame, and not the address.
        """
        path, subject = self._job(job_id)
        try:
            return await self._get(path, Job, subject)
        except NotFound as exc:
            if is_last:
                await self._check_address(exc)
            raise

    async def get_raw_applications(self) -> RawJson:
        """Send ``GET /v1/applications`` for the first page, and return its JSON."""
        path, subject = _APPLICATIONS
        return await self._get(path, RawJson, subject, {"limit": 100})

    async def get_raw_job(self, job_id: str) -> RawJson:
        """Send ``GET /v1/applications/jobs/{job_id}``, and return its JSON."""
        path, subject = self._job(job_id)
        try:
            return await self._get(path, RawJson, subject)
        except NotFound as exc:
            await self._check_address(exc)
            raise

    async def retry_job(self, job_id: str, send_tracker: SendTracker | None = None) -> str | None:
        """Send ``POST /v1/applications/jobs/{job_id}/retry`` once; again only if no connection could be made.

        Args:
            job_id: The job.
            send_tracker: Kept up to date, so that a cancelled caller knows whether anything was sent.

        Returns:
            The id of the job that runs now, if Writer names it.

        Raises:
            UncertainRetry: The retry was sent and may have started. After any other
                :class:`~writer_jobs_mcp.errors.WriterError` it has not.
        """
        path, subject = self._job(job_id)
        return await self._requests.post_once(f"{path}/retry", subject, send_tracker or SendTracker())

    async def ping(self) -> None:
        """Return once any HTTP response arrives. One attempt, without the API key."""
        await self._requests.ping(*_APPLICATIONS)

    async def _get(
        self, path: str, model: type[ModelT], subject: str, query: Mapping[str, str | int | None] | None = None
    ) -> ModelT:
        try:
            found = await self._requests.get(path, model, subject, query)
        except NotFound as exc:
            if path != _APPLICATIONS[0]:
                raise
            raise self._wrong_address(exc.what) from exc  # no id is to blame
        self._is_address_known = True
        return found

    async def _check_address(self, error: NotFound) -> None:
        """Raise :class:`~writer_jobs_mcp.errors.WrongAddress` if not even the list of applications is found.

        It is asked for only if nothing was found yet, and the id may not be to blame.
        """
        path, name = _APPLICATIONS
        if self._is_address_known or (error.is_documented and not self._base_path):
            return
        status = await self._requests.get_status(path, {"limit": 1})
        self._is_address_known = status == HTTPStatus.OK
        if status in NOT_FOUND_STATUSES:
            raise self._wrong_address(f"{error.what} Nor does it know {name}.") from error

    def _wrong_address(self, what: str) -> WrongAddress:
        hint = ": it must end before /v1, which this server adds" if "v1" in self._base_path.split("/") else ""
        return WrongAddress(what, f"Check WRITER_BASE_URL{hint}.")

    def _validate_id(self, id_: str) -> str:
        """Return an id that can be sent.

        Raises:
            BadRequest: It cannot be one of Writer's; in a path it would lead elsewhere.
            MissingKey: There is no key to send with it.
        """
        if self._auth.is_key_in(id_):
            raise BadRequest(KEY_IN_ARGUMENT)
        if not can_be_sent(id_):
            what = f"{json_quote(preview(id_, 60))} cannot be an id in Writer, so nothing was requested."
            raise BadRequest(what, "Check the id.")
        return id_

    def _application(self, application_id: str) -> tuple[str, str]:
        """Return the path of an application, and its name in error messages."""
        id_ = self._validate_id(application_id)
        return f"/v1/applications/{quote(id_, safe='')}", f"application {json_quote(display_id(id_))}"

    def _job(self, job_id: str) -> tuple[str, str]:
        """Return the path of a job, and its name in error messages."""
        id_ = self._validate_id(job_id)
        return f"/v1/applications/jobs/{quote(id_, safe='')}", f"job {json_quote(display_id(id_))}"
