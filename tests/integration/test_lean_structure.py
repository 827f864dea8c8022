"""The structure is as short as it can be without losing a fact: several clients give the model nothing else."""

import json
from collections.abc import AsyncGenerator, Iterator
from datetime import timedelta
from typing import Any

import pytest
from mcp.client import Client

from tests.conftest import ALIAS, NOW, Clock, config_for
from tests.helpers.facts import missing_facts
from tests.helpers.mcp import structure_of, text_of
from writer_jobs_mcp.sandbox import SandboxStore, build_app, serve
from writer_jobs_mcp.server.build import build_server

APPLICATION: dict[str, Any] = {"application_id": ALIAS}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("list_applications", {}),
    ("triage_all_applications", {"since": "7d"}),
    ("triage_application_jobs", APPLICATION),
    ("triage_application_jobs", {**APPLICATION, "since": "36h"}),
    ("list_application_jobs", {**APPLICATION, "limit": 100}),
    ("list_failed_jobs", {**APPLICATION, "limit": 100}),
    ("wait_for_jobs", {**APPLICATION, "timeout_seconds": 1}),
    ("retry_jobs", {**APPLICATION, "since": "7d", "max_jobs": 200}),
]


@pytest.fixture
async def retrying_client(mode: str, url: str) -> AsyncGenerator[Client]:
    async with Client(
        build_server(config_for(url, WRITER_JOBS_ALLOW_RETRY="true"), clock=lambda: NOW), mode=mode
    ) as client:
        yield client


def leaves(value: Any) -> Iterator[object]:
    match value:
        case {**fields}:
            for field in fields.values():
                yield from leaves(field)
        case [*items]:
            for item in items:
                yield from leaves(item)
        case _:
            yield value


@pytest.mark.parametrize(("tool", "arguments"), CALLS)
async def test_no_value_is_null_or_longer_than_it_needs_to_be(
    retrying_client: Client, tool: str, arguments: dict[str, Any]
) -> None:
    structure = structure_of(await retrying_client.call_tool(tool, arguments))
    values = list(leaves(structure))
    assert None not in values
    numbers = [each for each in values if isinstance(each, float)]
    assert [each for each in numbers if each.is_integer() or (each > 0.001 and round(each, 3) != each)] == []
    assert "\\u" not in json.dumps(structure, ensure_ascii=False)


async def test_each_advice_is_given_once(retrying_client: Client, store: SandboxStore) -> None:
    for age, name in enumerate(("Brand", "Tone", "Words")):
        error = f"{name} {'is required' if age else 'was empty, and it is required'}: invalid request"
        for number in range(2):
            store.add(ALIAS, created_at=NOW - timedelta(minutes=10 * age + number), error=error)
    result = await retrying_client.call_tool("retry_jobs", {**APPLICATION, "since": "7d"})
    report, text = structure_of(result), text_of(result)
    advice: dict[str, list[str]] = {}
    for group in report["groups"]:
        advice.setdefault(f"{group['category']} {group['retry']}", []).append(group.get("advice"))
    repeated = [each for each in advice.values() if len(each) > 1]
    assert repeated
    assert all(first.endswith(".") and set(others) <= {"As above."} for first, *others in advice.values() if first)
    assert [text.count(each[0]) for each in repeated] == [1] * len(repeated)
    assert missing_facts(report, text) == []


async def test_an_age_is_resolved_to_the_second(url: str) -> None:
    clock = Clock(NOW.replace(microsecond=563_228))
    server = build_server(config_for(url, WRITER_JOBS_ALLOW_RETRY="true"), clock=clock)
    async with Client(server) as client:
        report = structure_of(await client.call_tool("retry_jobs", {**APPLICATION, "since": "12h"}))
    arguments = report["next"][0]["arguments"]
    # A job that is newer than the dry run was not shown in it, so the end is exact.
    assert (arguments["since"], arguments["until"]) == ("2026-11-23T00:00:00Z", "2026-11-23T12:00:00.563228Z")


@pytest.mark.parametrize("applications", [3, 10, 40])
async def test_an_account_keeps_to_2000_tokens_in_both_forms(applications: int) -> None:
    store = SandboxStore(now=NOW, clock=lambda: NOW, jobs=1_000, applications=applications)
    async with serve(build_app(store)) as url, Client(build_server(config_for(url), clock=lambda: NOW)) as client:
        result = await client.call_tool("triage_all_applications", {"since": "7d"})
    # With as many ids as here, a token has 2.6 characters of the structure and 2.4 of the text.
    assert len(json.dumps(structure_of(result), ensure_ascii=False, separators=(",", ":"))) / 2.6 < 2_020
    assert len(text_of(result)) / 2.4 < 2_000
