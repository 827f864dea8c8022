"""The six routes of the embedded API, read from the documents.

Where the documents are silent, this is what was chosen: jobs are listed newest first, 20 a page unless asked;
a larger `limit` than the greatest is lowered without a word; a retried job keeps its id, its creation time and
its place in the list; retrying a job that did not fail is a 409; a job says `application_id` by the id even
when it was asked for by the alias; an id that is no UUID is simply not found. The rate limit is not
enforced: a test that wants a 429 scripts one.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, StringConstraints, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from writer_jobs_mcp.sandbox.applications import Application, timestamp
from writer_jobs_mcp.sandbox.jobs import Job, JobStatus
from writer_jobs_mcp.sandbox.store import World

Total = Literal["matches", "all", "missing"]
"""What `totalCount` counts: the filter's matches, all the application's jobs, or it is left out."""

DEFAULT_LIMIT = 20
"""How many jobs a page holds when `limit` is not given."""

_INT32, _INT64 = 2**31 - 1, 2**63 - 1


class _Input(BaseModel):
    id: Annotated[str, StringConstraints(min_length=1)]
    value: list[str]


class _Generate(BaseModel):
    """The vendor's `generate_application_async_request`."""

    inputs: list[_Input]


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The routes over one world; they speak the vendor's JSON and raise `HTTPException` to refuse."""

    world: World
    total: Total = "matches"
    max_limit: int = 100
    single_job_endpoint: bool = True

    def routes(self) -> list[Route]:
        """The routes, those for one job before those for an application called `jobs`."""
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
        """A page of applications, by creation time."""
        if request.query_params.get("type", "generation") != "generation":
            raise HTTPException(400, "type: must be generation")
        order = request.query_params.get("order", "desc")
        if order not in {"asc", "desc"}:
            raise HTTPException(400, "order: must be asc or desc")
        limit = min(_integer(request, "limit", 50, least=1, most=_INT32), self.max_limit)
        listed = sorted(self.world.applications, key=lambda a: a.age, reverse=order == "asc")
        ids = [application.id for application in listed]
        before, after = (_position(request, name, ids) for name in ("before", "after"))
        rest = listed[0 if after is None else after + 1 : before]
        page = rest[-limit:] if before is not None and after is None else rest[:limit]
        ends = {"first_id": page[0].id, "last_id": page[-1].id} if page else {}
        data = [application.as_json(self.world.anchor) for application in page]
        return JSONResponse({"data": data, "has_more": len(page) < len(rest), **ends})

    async def retrieve_application(self, request: Request) -> JSONResponse:
        """One application."""
        return JSONResponse(self._application(request).as_json(self.world.anchor))

    async def list_jobs(self, request: Request) -> JSONResponse:
        """A page of an application's jobs, newest first."""
        application = self._application(request)
        offset = _integer(request, "offset", 0, least=0, most=_INT64)
        limit = min(_integer(request, "limit", DEFAULT_LIMIT, least=1, most=_INT32), self.max_limit)
        now = self.world.clock()
        jobs = self.world.jobs(application.id, _status(request))
        counted = jobs if self.total == "matches" else self.world.jobs(application.id)
        total = {} if self.total == "missing" else {"totalCount": len(counted)}
        result = [job.as_json(now) for job in jobs[offset : offset + limit]]
        return JSONResponse({"result": result, **total, "pagination": {"offset": offset, "limit": limit}})

    async def retrieve_job(self, request: Request) -> JSONResponse:
        """One job."""
        return JSONResponse(self._job(request).as_json(self.world.clock()))

    async def retry_job(self, request: Request) -> JSONResponse:
        """Start a failed job again."""
        job = self._job(request)
        status = job.status(self.world.clock())
        if status != "failed":
            raise HTTPException(409, f"Only failed jobs can be retried; job {job.id} is {status}")
        return self._accepted(self.world.retry(job.id))

    async def create_job(self, request: Request) -> JSONResponse:
        """Start a job."""
        application = self._application(request)
        try:
            asked = _Generate.model_validate_json(await request.body())
        except ValidationError as exc:
            first = exc.errors()[0]
            where = ".".join(map(str, first["loc"])) or "body"
            raise HTTPException(400, f"{where}: {first['msg']}") from exc
        given = {field.id for field in asked.inputs if field.value}
        for field in application.inputs:
            if field.required and field.name not in given:
                raise HTTPException(400, f"inputs: {field.name!r} is required")
        if unknown := given - {field.name for field in application.inputs}:
            raise HTTPException(400, f"inputs: {min(unknown)!r} is not an input of this application")
        return self._accepted(self.world.add(application.id))

    def _application(self, request: Request) -> Application:
        found = self.world.application(request.path_params["application"])
        if found is None:
            raise HTTPException(404, "Resource is not found")
        return found

    def _job(self, request: Request) -> Job:
        found = self.world.job(request.path_params["job_id"])
        if found is None:
            raise HTTPException(404, "Resource is not found")
        return found

    def _accepted(self, job: Job) -> JSONResponse:
        status = job.status(self.world.clock())
        return JSONResponse({"id": job.id, "status": status, "created_at": timestamp(job.created_at)}, 202)


def _integer(request: Request, name: str, default: int, *, least: int, most: int) -> int:
    given = request.query_params.get(name)
    if given is None:
        return default
    try:
        number = int(given)
    except ValueError:
        raise HTTPException(400, f"{name}: must be an integer") from None
    if not least <= number <= most:
        raise HTTPException(400, f"{name}: must be between {least} and {most}")
    return number


def _status(request: Request) -> JobStatus | None:
    given = request.query_params.get("status")
    for status in get_args(JobStatus):
        if given == status:
            return status
    if given is None:
        return None
    raise HTTPException(400, f"status: must be one of {', '.join(get_args(JobStatus))}")


def _position(request: Request, name: str, ids: list[str]) -> int | None:
    given = request.query_params.get(name)
    if given is None:
        return None
    if given not in ids:
        raise HTTPException(400, f"{name}: must be the id of an application")
    return ids.index(given)
