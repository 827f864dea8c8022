"""A list of failed jobs is short, and one that would be too long says what it leaves for the next page."""

import json
import random
import uuid
from collections.abc import Callable

import pytest
from mcp.client import Client

from tests.fakes.unstable_list import UnstableListApi
from tests.helpers.failed_jobs import LIST, ids_of, list_all_pages
from tests.helpers.jobs import make_job
from tests.helpers.mcp import server_for, structure_of, text_of
from tests.helpers.triage import NINE_ERRORS, api_with

LIMIT = 30_000  # characters
RANDOM = random.Random(17)  # noqa: S311 - the same ids in each run
NOUNS = "disk socket parser kernel mutex river stone cloud tree lamp".split()
VERBS = "overflowed collapsed vanished melted froze burst drowned rusted jammed leaked".split()


def new_uuid() -> str:
    return str(uuid.UUID(int=RANDOM.getrandbits(128), version=4))


def failing(count: int, error: Callable[[int], str]) -> UnstableListApi:
    """An API with so many failed jobs, whose ids are UUIDs."""
    return api_with([make_job(1.7 * n + 0.3, "failed", error(n), id=new_uuid()) for n in range(count)])


def rate_limit(number: int) -> str:
    return f"Rate limit exceeded: retry after {number} s"


def different(number: int) -> str:
    """Return an error of a group of its own."""
    return (
        f"The {NOUNS[number % 10]} {VERBS[number // 10 % 10]} {'badly' if number < 100 else 'totally'} and that was it"
    )


async def lengths(api: UnstableListApi, **arguments: object) -> tuple[int, int, dict[str, int]]:
    """Return the lengths of the text and of the structure as JSON, and the page."""
    async with Client(server_for(api)) as client:
        result = await client.call_tool(LIST, {"application_id": new_uuid(), **arguments})
    structure = structure_of(result)
    as_json = json.dumps(structure, ensure_ascii=False, separators=(",", ":"))
    return len(text_of(result)), len(as_json), structure["page"]


# 43 characters of a row are 27.2 tokens of o200k: these lengths are 3,000 and 5,700 tokens.
@pytest.mark.parametrize(("jobs", "most"), [(100, 5_000), (200, 9_300)])
async def test_ids_of_a_group_are_short(jobs: int, most: int) -> None:
    text, _, page = await lengths(failing(212, rate_limit), limit=jobs, since="24h", category="rate_limit")
    assert text <= most
    assert page["returned"] == jobs


async def test_jobs_of_nine_groups_are_hardly_longer() -> None:
    text, structure, page = await lengths(failing(300, lambda n: NINE_ERRORS[n % 9](n)), limit=200)
    assert page["returned"] == 200
    assert text <= 10_600  # 6,300 tokens
    assert structure <= 20_200


def long_errors(repeated: str) -> Callable[[int], str]:
    return lambda number: f"{rate_limit(number)} {repeated * 3_000}"


CASES: dict[str, tuple[int, Callable[[int], str], int]] = {
    "one group": (200, rate_limit, 0),
    "200 groups": (200, different, 0),
    "long errors": (60, lambda number: f"{different(number)} {'and more ' * 900}", 2_000),
    "one long error": (60, long_errors("x"), 2_000),
    "quotes": (20, long_errors("“"), 2_000),
    "backslashes": (20, long_errors("\\"), 1_999),
    "line breaks": (20, long_errors('"\n'), 2_000),
}


@pytest.mark.parametrize(("jobs", "error", "error_chars"), CASES.values(), ids=CASES)
async def test_a_list_is_bounded_and_leaves_out_no_job(
    jobs: int, error: Callable[[int], str], error_chars: int
) -> None:
    api = failing(jobs, error)
    text, structure, page = await lengths(api, limit=200, error_chars=error_chars)
    assert max(text, structure) < LIMIT
    assert page["returned"] >= 1
    assert page["returned"] == jobs or page["next_offset"] == page["returned"]
    async with Client(server_for(api)) as client:
        pages = await list_all_pages(client, limit=200, error_chars=error_chars)
    assert ids_of(*pages) == [api.job(number)["id"] for number in api.ids]


async def test_even_the_longest_job_fits() -> None:
    words = "“" * 500
    ids = ["“" * 199 + mark for mark in "abc"]
    jobs = [make_job(n + 1, "failed", f"{words}{'“' * 9_000}", id=name) for n, name in enumerate(ids)]
    api = api_with(jobs)
    text, structure, page = await lengths(
        api, contains=words, error_chars=2_000, limit=2, since="2026-11-22T00:00:00.123456", until="2026-11-23T12:00"
    )
    assert max(text, structure) < LIMIT
    assert page == {"offset": 0, "limit": 2, "returned": 1, "next_offset": 1}
