"""The six routes of the embedded API, written from the vendor's documents.

Where the documents are silent, the sandbox chooses: jobs are listed newest first, 20 per page by default; a `limit`
above the maximum is silently lowered; a retried job keeps its id, its creation time and its place in the list;
retrying a job that did not fail is a 409; `application_id` is the id even if the alias was requested; an id that
is not a UUID is not found. There is no rate limit: a test that needs a 429 injects one.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, StringConstraints, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from writer_jobs_mcp.sandbox.applications import SandboxApplication, format_api_timestamp
from writer_jobs_mcp.sandbox.jobs import SandboxJob, SandboxJobStatus
from writer_jobs_mcp.sandbox.store import SandboxStore

TotalCount = Literal["matches", "all", "missing"]
"""What `totalCount` counts: the filter's matches, all jobs of the application, or nothing (it is missing)."""

DEFAULT_LIMIT = 20
"""Jobs per page if `limit` is not given."""

_INT32, _INT64 = 2**31 - 1, 2**63 - 1


class _Input(BaseModel):
    id: Annotated[str, StringConstraints(min_length=1)]
    value: list[str]


class _GenerateRequest(BaseModel):
    """The vendor's `generate_application_async_request`."""

    inputs: list[_Input]


@dataclass(frozen=True, slots=True)
class SandboxRoutes:
    """The routes of one store: they return the vendor's JSON, and raise `HTTPException` for invalid requests."""

    store: SandboxStore
    total_count: TotalCount = "matches"
    max_limit: int = 100
    single_job_endpoint: bool = True

    def routes(self) -> list[Route]:
        """Return the routes, with those of one job before those of an application named `jobs`."""
        single = [Route("/v1/applications/jobs/{job_id}", self.retrieve_job)] * self.single_job_endpoint
        return [
            *single,
            Route("/v1/applications/jobs/{job_id}/retry", self.retry_job, methods=["POST"]),
            Route("/v1/applications", self.list_applications),
            Route("/v1/applications/{application}", self.retrieve_application),
            Route("/v1/applications/{application}/jobs", self.list_jobs),
            Route("/v1/applications/{application}/jobs", self.create_job, methods=["POST"]),
        ]

    async def list_applications(self, request: Request) -> JSONResponse:
        """Return a page of applications, ordered by creation time."""
        if request.query_params.get("type", "generation") != "generation":
            raise HTTPException(400, "type: must be generation")
        order = request.query_params.get("order", "desc")
        if order not in {"asc", "desc"}:
            raise HTTPException(400, "order: must be asc or desc")
        limit = min(_parse_integer(request, "limit", 50, minimum=1, maximum=_INT32), self.max_limit)
        listed = sorted(self.store.applications, key=lambda a: a.created_ago, reverse=order == "asc")
        ids = [application.id for application in listed]
        before, after = (_index_of_id(request, name, ids) for name in ("before", "after"))
        rest = listed[0 if after is None else after + 1 : before]
        page = rest[-limit:] if before is not None and after is None else rest[:limit]
        ends = {"first_id": page[0].id, "last_id": page[-1].id} if page else {}
        data = [application.as_json(self.store.anchor) for application in page]
        return JSONResponse({"data": data, "has_more": len(page) < len(rest), **ends})

    async def retrieve_application(self, request: Request) -> JSONResponse:
        """Return one application."""
        return JSONResponse(self._application(request).as_json(self.store.anchor))

    async def list_jobs(self, request: Request) -> JSONResponse:
        """Return a page of an application's jobs, newest first."""
        application = self._application(request)
        offset = _parse_integer(request, "offset", 0, minimum=0, maximum=_INT64)
        limit = min(_parse_integer(request, "limit", DEFAULT_LIMIT, minimum=1, maximum=_INT32), self.max_limit)
        now = self.store.clock()
        jobs = self.store.jobs(application.id, _parse_status(request))
        counted = jobs if self.total_count == "matches" else self.store.jobs(application.id)
        total = {} if self.total_count == "missing" else {"totalCount": len(counted)}
        result = [job.as_json(now) for job in jobs[offset : offset + limit]]
        return JSONResponse({"result": result, **total, "pagination": {"offset": offset, "limit": limit}})

    async def retrieve_job(self, request: Request) -> JSONResponse:
        """Return one job."""
        return JSONResponse(self._job(request).as_json(self.store.clock()))

    async def retry_job(self, request: Request) -> JSONResponse:
        """Restart a failed job."""
        job = self._job(request)
        status = job.status(self.store.clock())
        if status != "failed":
            raise HTTPException(409, f"Only failed jobs can be retried; job {job.id} is {status}")
        return self._accepted(self.store.retry(job.id))

    async def create_job(self, request: Request) -> JSONResponse:
        """Start a job."""
        application = self._application(request)
        try:
            body = _GenerateRequest.model_validate_json(await request.body())
        except ValidationError as exc:
            first = exc.errors()[0]
            where = ".".join(map(str, first["loc"])) or "body"
            raise HTTPException(400, f"{where}: {first['msg']}") from exc
        given = {field.id for field in body.inputs if field.value}
        for field in application.inputs:
            if field.required and field.name not in given:
                raise HTTPException(400, f"inputs: {field.name!r} is required")
        if unknown := given - {field.name for field in application.inputs}:
            raise HTTPException(400, f"inputs: {min(unknown)!r} is not an input of this application")
        return self._accepted(self.store.add(application.id))

    def _application(self, request: Request) -> SandboxApplication:
        found = self.store.application(request.path_params["application"])
        if found is None:
            raise HTTPException(404, "Resource is not found")
        return found

    def _job(self, request: Request) -> SandboxJob:
        found = self.store.job(request.path_params["job_id"])
        if found is None:
            raise HTTPException(404, "Resource is not found")
        return found

    def _accepted(self, job: SandboxJob) -> JSONResponse:
        status = job.status(self.store.clock())
        return JSONResponse({"id": job.id, "status": status, "created_at": format_api_timestamp(job.created_at)}, 202)


def _parse_integer(request: Request, name: str, default: int, *, minimum: int, maximum: int) -> int:
    given = request.query_params.get(name)
    if given is None:
        return default
    try:
        number = int(given)
    except ValueError:
        raise HTTPException(400, f"{name}: must be an integer") from None
    if not minimum <= number <= maximum:
        raise HTTPException(400, f"{name}: must be between {minimum} and {maximum}")
    return number


def _parse_status(request: Request) -> SandboxJobStatus | None:
    given = request.query_params.get("status")
    for status in get_args(SandboxJobStatus):
        if given == status:
            return status
    if given is None:
        return None
    raise HTTPException(400, f"status: must be one of {', '.join(get_args(SandboxJobStatus))}")


def _index_of_id(request: Request, name: str, ids: list[str]) -> int | None:
    given = request.query_params.get(name)
    if given is None:
        return None
    if given not in ids:
        raise HTTPException(400, f"{name}: must be the id of an application")
    return ids.index(given)
