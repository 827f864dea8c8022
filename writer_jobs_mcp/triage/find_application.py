"""Find the application that a user means: by its id, otherwise by its name."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from writer_jobs_mcp.client.ids import display_id, is_uuid
from writer_jobs_mcp.errors import (
    BadRequest,
    InvalidArguments,
    NotFound,
    NotListed,
    WriterError,
    WrongAddress,
)
from writer_jobs_mcp.sanitize.text import json_quote, one_line, strip_invisible
from writer_jobs_mcp.sanitize.truncate import preview
from writer_jobs_mcp.triage.list_applications import list_all_applications
from writer_jobs_mcp.worker_threads import check_cancelled, run_in_worker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Application

T = TypeVar("T")

_MAX_NAME = 80  # characters of a name in a result
_MAX_LISTED_NAME = 120  # characters of a name that list_applications shows, which is what an agent has seen
_MAX_CANDIDATES = 5
_MAX_CANDIDATE_CHARS = 500  # of all candidates in an error; more only if the first is longer
_MAX_COMPARED_CHARS, _MAX_COMPARED = 80, 1_000  # characters of a name, and names: comparing them is slow
_MIN_PART = 3  # characters; shorter words are in too many names
_NAME_REJECTED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})


@dataclass(frozen=True, slots=True)
class ResolvedApplication:
    """The application that a call is about."""

    id: str
    name: str | None = None  # its name on one line, shortened; None unless it was looked up


async def resolve_and_call(
    client: WriterClient, given: str, call: Callable[[str], Awaitable[T]]
) -> tuple[T, ResolvedApplication]:
    """Call a function with an application's id; if Writer does not know the id, look it up as a name and call again.

    Letter case and the number of spaces do not matter in a name. Return what ``call`` returned, and the application.

    Raises:
        NotFound: No application has this id or name.
        InvalidArguments: Several applications have this name, or it is the id of a job.
        WriterError: Any other error of ``call``; or its first one, if the names cannot be listed.
    """
    try:
        return await call(given), ResolvedApplication(given)
    except (NotFound, BadRequest) as exc:
        if not _may_be_a_name(given, exc):
            raise
        application = await _find_by_name(client, given, exc)
    try:
        return await call(application.id), application
    except WriterError as exc:
        # The error names the id, which the user did not give.
        raise type(exc)(f"{json_quote(display_id(given))} is application {json_quote(application.id)}. {exc}") from exc


def _may_be_a_name(given: str, error: NotFound | BadRequest) -> bool:
    if isinstance(error, NotFound):
        return not isinstance(error, NotListed)  # then the application is known, but not the job
    return error.status in _NAME_REJECTED and not is_uuid(given)


async def _find_by_name(client: WriterClient, given: str, error: WriterError) -> ResolvedApplication:
    """Find the application with this name; raise an error that says what to do if there is none, or several."""
    if is_uuid(given):
        await _reject_job_id(client, given)
    try:
        applications, some_unreadable, error_of_list = await list_all_applications(client)
        if error_of_list:
            raise error_of_list
    except WrongAddress as exc:
        raise WrongAddress(f"{error.what} Nor does it know the list of applications.", exc.advice) from exc
    except WriterError as exc:
        # Writer's error text is quoted once; a second one would make the message too long.
        why = "Writer would not list the applications." if isinstance(exc, BadRequest) else str(exc)
        raise type(error)(f"{error} It could not be looked up by name: {why}") from exc
    named = await run_in_worker(lambda: _with_name(given, applications))
    match named:
        case [application] if application.id == given:
            raise error  # Writer lists it, but does not know it
        case [application]:
            return ResolvedApplication(application.id, preview(application.name or "", _MAX_NAME) or None)
        case []:
            if not is_uuid(given) and not any(map(str.isspace, given)):
                await _reject_job_id(client, given)
            similar = await run_in_worker(lambda: _similar(given, applications))
            raise NotFound(_not_found_message(given, similar, len(applications), some_unreadable)) from error
        case _:
            raise InvalidArguments(
                f"{len(named)} applications (no-code agents) are called {json_quote(display_id(given))}: "
                f"{_candidates(named)}.",
                "Pass the id of the right one; list_applications shows them all.",
            ) from error


async def _reject_job_id(client: WriterClient, given: str) -> None:
    """Raise an error if this is the id of a job; it says which application the job belongs to."""
    try:
        job = await client.get_job(given, is_last=False)
    except WriterError:
        return  # the error about the application is the one to report
    if job.id.casefold() == given.casefold():
        shown = json_quote(display_id(given))
        raise InvalidArguments(
            f"{shown} is the id of a job, not of an application (no-code agent); its application is "
            f"{json_quote(display_id(job.application_id))}.",
            f"Pass that one, or call get_job_error with job_id={shown}.",
        )


def _with_name(given: str, applications: Iterable[Application]) -> list[Application]:
    """Choose the applications with this name, or with this id in another letter case."""
    wanted = _normalize(given) or None  # an empty name matches no application
    named: list[Application] = []
    for application in applications:
        check_cancelled()
        name = application.name or ""
        if wanted in {_normalize(name), _normalize(preview(name, _MAX_LISTED_NAME)), application.id.casefold()}:
            named.append(application)
    return named


def _similar(given: str, applications: Iterable[Application]) -> list[Application]:
    """Choose the applications whose names hold these words, then those with a similar spelling."""
    wanted = _normalize(given)[:_MAX_COMPARED_CHARS]
    by_name: dict[str, list[Application]] = {}
    for application in applications:
        check_cancelled()
        if application.name and len(by_name) < _MAX_COMPARED:
            by_name.setdefault(_normalize(application.name)[:_MAX_COMPARED_CHARS], []).append(application)
    containing = [name for name in by_name if len(wanted) >= _MIN_PART and wanted in name]
    alike = get_close_matches(wanted, by_name, n=_MAX_CANDIDATES)
    return [application for name in dict.fromkeys([*containing, *alike]) for application in by_name[name]]


def _normalize(name: str) -> str:
    """Normalize a name for comparison: letter case, spaces, invisible characters."""
    return " ".join(unicodedata.normalize("NFC", one_line(strip_invisible(name)).casefold()).split())


def _not_found_message(given: str, similar: list[Application], number: int, some_unreadable: bool) -> str:
    unknown = f"Writer does not know application {json_quote(display_id(given))}"
    if not number and not some_unreadable:
        return (
            f"{unknown}: this key can see no application (no-code agent). Use a key of the team that owns it, as "
            "list_applications will show."
        )
    which = "that could be read" if some_unreadable else "that this key can see"
    others = " (others could not be read)" if some_unreadable else ""
    hint = f" Similar names: {_candidates(similar)}." if similar else ""
    none_of = f"none of the {number} applications (no-code agents) {which} has this id or name"
    if number == 1:
        none_of = f"the only application (no-code agent) {which} has another id and name"
    return f"{unknown}: {none_of}{others}.{hint} list_applications shows ids and names."


def _candidates(applications: list[Application]) -> str:
    """Name the first few applications by id and name, and count the others."""
    shown: list[str] = []
    for application in applications[:_MAX_CANDIDATES]:
        text = f"{json_quote(application.id)} ({json_quote(preview(application.name or '', _MAX_NAME))})"
        if shown and sum(map(len, [*shown, text])) > _MAX_CANDIDATE_CHARS:
            break
        shown.append(text)
    others = len(applications) - len(shown)
    return ", ".join(shown) + (f" and {others} more" if others else "")


async def try_get_application(client: WriterClient, application_id: str) -> Application | None:
    """Get an application, or None if Writer does not return it: its name is worth a request, but not an error."""
    try:
        return await client.get_application(application_id)
    except WriterError:
        return None
