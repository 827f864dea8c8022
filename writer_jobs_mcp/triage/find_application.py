"""Find the application that a user means: by its id, or else by its name."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from writer_jobs_mcp.client.ids import display_id, is_usable_id, is_uuid
from writer_jobs_mcp.errors import BadRequest, InvalidArguments, NotFound, NotListed, WriterError
from writer_jobs_mcp.sanitize.text import json_quote, one_line, preview, strip_invisible
from writer_jobs_mcp.worker_threads import check_cancelled, run_in_worker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Application, ApplicationPage

T = TypeVar("T")

_PAGE_SIZE = 100
_NAME_LENGTH = 80  # characters of a name in a result
_LISTED_NAME_LENGTH = 120  # characters of a name that list_applications shows, which is what an agent has seen
_MOST_CANDIDATES = 5
_CANDIDATES_LENGTH = 500  # characters of all candidates in an error; more only where one is longer
_COMPARED_LENGTH, _MOST_COMPARED = 80, 1_000  # characters and names that are compared for similarity, which is slow
_SHORTEST_PART = 3  # characters; fewer are in too many names
_REFUSED_NAMES = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})


@dataclass(frozen=True, slots=True)
class ResolvedApplication:
    """The application that a call was about."""

    id: str
    name: str | None = None
    """Its name on one line, shortened; only where it was looked up."""


async def resolve_and_call(
    client: WriterClient, given: str, call: Callable[[str], Awaitable[T]]
) -> tuple[T, ResolvedApplication]:
    """Ask about an application by what was given as its id; where Writer knows no such id, by the id of that name.

    Args:
        client: Writer.
        given: An id, an alias or an exact name. Letter case and the number of blanks do not matter in a name.
        call: Asks about the application with an id. It is called once, or a second time with the id of that name.

    Returns:
        What ``ask`` returned, and the application that it was asked about.

    Raises:
        NotFound: No application has this id or name.
        BadArguments: Several applications have this name, or it is the id of a job.
        WriterError: Whatever else ``ask`` raises; or what it raised at first, where the names cannot be listed.
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
        return not isinstance(error, NotListed)  # then the application is known, and only the job is not
    return error.status in _REFUSED_NAMES and not is_uuid(given)


async def _find_by_name(client: WriterClient, given: str, error: WriterError) -> ResolvedApplication:
    """The application with this name.

    Raises:
        WriterError: There is none, or several; says what to do.
    """
    if is_uuid(given):
        await _reject_job_id(client, given)
    try:
        applications, unread = await _list_all(client)
    except WriterError as exc:
        # A complaint of Writer's was quoted once; the other would make the error too long.
        why = "Writer would not list the applications." if isinstance(exc, BadRequest) else str(exc)
        raise type(error)(f"{error} It could not be looked up by name: {why}") from exc
    named = await run_in_worker(lambda: _with_name(given, applications))
    match named:
        case [application] if application.id == given:
            raise error  # it is listed, and Writer does not know it all the same
        case [application]:
            return ResolvedApplication(application.id, preview(application.name or "", _NAME_LENGTH) or None)
        case []:
            if not is_uuid(given) and not any(map(str.isspace, given)):
                await _reject_job_id(client, given)
            similar = await run_in_worker(lambda: _similar(given, applications))
            raise NotFound(_not_found_message(given, similar, len(applications), unread)) from error
        case _:
            message = (
                f"{len(named)} applications (no-code agents) are called {json_quote(display_id(given))}: "
                f"{_candidates(named)}. Pass the id of the right one; list_applications shows them all."
            )
            raise InvalidArguments(message) from error


async def _reject_job_id(client: WriterClient, given: str) -> None:
    """Do nothing, unless this is the id of a job.

    Raises:
        BadArguments: It is; says which application the job belongs to.
    """
    try:
        job = await client.get_job(given)
    except WriterError:
        return  # what Writer said about the application is the error to report
    if job.id.casefold() == given.casefold():
        shown = json_quote(display_id(given))
        message = (
            f"{shown} is the id of a job, not of an application (no-code agent); its application is "
            f"{json_quote(display_id(job.application_id))}. Pass that one, or call get_job_error with job_id={shown}."
        )
        raise InvalidArguments(message)


async def _list_all(client: WriterClient) -> tuple[list[Application], bool]:
    """Every application that the key can see and that can be asked for, and whether some could not be read.

    Raises:
        WriterError: Writer could not be asked to the end.
    """
    found: dict[str, Application] = {}
    unreadable: set[str] = set()
    after: str | None = None
    while True:
        page = await client.list_applications(limit=_PAGE_SIZE, after=after)
        before = len(found) + len(unreadable)
        found.update((application.id, application) for application in page.applications)
        unreadable.update(row.row_key for row in page.unreadable)
        # A server that ignores `after` gives the same page again and again, and says that more follow.
        is_same_page = len(found) + len(unreadable) == before
        after = _next_page(page)
        if is_same_page or page.has_more is False or after is None:
            usable = [application for application in found.values() if is_usable_id(application.id)]
            return usable, bool(page.has_more) or bool(unreadable) or len(usable) < len(found)


def _next_page(page: ApplicationPage) -> str | None:
    ends = [page.last_id, *(application.id for application in page.applications[-1:])]
    return next((end for end in ends if end and is_usable_id(end)), None)


def _with_name(given: str, applications: Iterable[Application]) -> list[Application]:
    """The applications with this name, or with this id in another letter case."""
    wanted = _normalize(given) or None  # applications without a name are not meant
    named: list[Application] = []
    for application in applications:
        check_cancelled()
        name = application.name or ""
        if wanted in {
            _normalize(name),
            _normalize(preview(name, _LISTED_NAME_LENGTH)),
            application.id.casefold(),
        }:
            named.append(application)
    return named


def _similar(given: str, applications: Iterable[Application]) -> list[Application]:
    """The applications whose names hold these words, then those that are spelt alike."""
    wanted = _normalize(given)[:_COMPARED_LENGTH]
    by_name: dict[str, list[Application]] = {}
    for application in applications:
        check_cancelled()
        if application.name and len(by_name) < _MOST_COMPARED:
            by_name.setdefault(_normalize(application.name)[:_COMPARED_LENGTH], []).append(application)
    holding = [name for name in by_name if len(wanted) >= _SHORTEST_PART and wanted in name]
    alike = get_close_matches(wanted, by_name, n=_MOST_CANDIDATES)
    return [application for name in dict.fromkeys([*holding, *alike]) for application in by_name[name]]


def _normalize(name: str) -> str:
    """A name without what does not tell it from another: letter case, blanks, what cannot be seen."""
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
    return f"{unknown}: {_none_of(number, which)}{others}.{hint} list_applications shows ids and names."


def _none_of(number: int, which: str) -> str:
    if number == 1:
        return f"the only application (no-code agent) {which} has another id and name"
    return f"none of the {number} applications (no-code agents) {which} has this id or name"


def _candidates(applications: list[Application]) -> str:
    """The first few applications, each by id and name, and how many others there are."""
    shown: list[str] = []
    for application in applications[:_MOST_CANDIDATES]:
        text = f"{json_quote(application.id)} ({json_quote(preview(application.name or '', _NAME_LENGTH))})"
        if shown and sum(map(len, [*shown, text])) > _CANDIDATES_LENGTH:
            break
        shown.append(text)
    others = len(applications) - len(shown)
    return ", ".join(shown) + (f" and {others} more" if others else "")
