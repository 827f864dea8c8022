"""Which groups of failures a triage shows, and what it says about them."""

import json
import re

from tests.helpers.jobs import make_failed_jobs, make_job
from tests.helpers.triage import DIFFERENT_ERRORS, RATE_LIMIT, TIMEOUT, api_with, trends, triage, triage_text


async def test_a_small_new_group_is_shown_before_large_old_ones() -> None:
    old = [
        each for text in DIFFERENT_ERRORS[:14] for minutes in (20, 80) for each in make_failed_jobs(text, 9, minutes)
    ]
    api = api_with([*old, *make_failed_jobs(RATE_LIMIT, 2, 5), make_job(500)])
    result = await triage(api, since="1h")
    assert [trend for signature, trend in trends(result).items() if signature == RATE_LIMIT] == ["new"]
    assert result["failures_omitted"] == {"groups": 3, "jobs": 27, "new": 0}
    assert "1 other group is new: rate limit, 2 jobs." in (await triage_text(api, since="1h")).splitlines()[0]
    counts = [group["count"] for group in result["failures"]]
    assert counts == sorted(counts, reverse=True)


async def test_the_headline_says_largest_group_shown_when_a_larger_one_is_omitted() -> None:
    new = [each for text in DIFFERENT_ERRORS[:12] for each in make_failed_jobs(text, 2, 5)]
    api = api_with([*new, *make_failed_jobs(RATE_LIMIT, 30, 5), *make_failed_jobs(RATE_LIMIT, 30, 80), make_job(500)])
    result = await triage(api, since="1h")
    assert (result["failures_omitted"], len(result["failures"])) == ({"groups": 1, "jobs": 30, "new": 0}, 12)
    text = await triage_text(api, since="1h")
    assert "the largest group shown (unknown cause, 2 jobs) is new" in text.splitlines()[0]


KNOWLEDGE_GRAPHS = [
    "c4d7f902-7b1a-4e85-a2c6-18e90b3f5d4c",
    "0b8a6c1e-51f2-4d3a-9e77-6a5d4c3b2a10",
    "9f" * 4 + "-1b2c-4d5e-8f90-a1b2c3d4e5f6",
]


async def test_the_values_of_a_group_name_everything_to_fix() -> None:
    counts = dict(zip(KNOWLEDGE_GRAPHS, (4, 3, 1), strict=True))
    jobs = [
        make_job(n, "failed", f"Knowledge Graph {graph} was not found")
        for graph in counts
        for n in range(counts[graph])
    ]
    before = [make_job(90, "failed", f"Knowledge Graph {KNOWLEDGE_GRAPHS[2]} was not found") for _ in range(9)]
    (group,) = (await triage(api_with([*jobs, *before, make_job(500)]), since="1h"))["failures"]
    top = [[graph, count] for graph, count in counts.items()]
    assert group["values"] == [{"placeholder": "<id>", "distinct": 3, "top": top}]
    text = await triage_text(api_with(jobs))
    assert ", ".join(f'"{graph}" {count}' for graph, count in counts.items()) in text


async def test_error_text_beside_a_placeholder_stays_in_quotation_marks() -> None:
    names = [("0b8a6c1e51f2", "a1b2c3d4e5f6"), ("0b8a6c1e51f2", "77b2c3d4e5f6"), ("99aa6c1e51f2", "77b2c3d4e5f6")]
    jobs = [make_job(n, "failed", f"Cannot copy zorba {one} to quux {other}") for n in range(4) for one, other in names]
    text = await triage_text(api_with(jobs))
    assert "zorba" in text
    assert not re.search(r"zorba|quux", re.sub(r'"(?:[^"\\]|\\.)*"', "", text))


async def test_the_signature_of_a_json_error_starts_with_its_message() -> None:
    error = (
        '{"tpe":"TooManyRequests","errors":[{"description":"Request quota exceeded for organization 4711.",'
        '"key":"fail.tooManyRequests.quotaExceeded","extras":{}}],"extras":{}}'
    )
    (group,) = (await triage(api_with([make_job(1, "failed", error), make_job(2, "failed", error)])))["failures"]
    assert group["signature"].startswith("Request quota exceeded for organization")
    assert "fail.tooManyRequests.quotaExceeded" in group["signature"]
    assert not set("{}[]") & set(group["signature"])
    assert group["category"] == "rate_limit"


async def test_omitted_new_groups_are_counted() -> None:
    api = api_with(
        [each for text in DIFFERENT_ERRORS for each in make_failed_jobs(text, 3, 5)] + [make_job(80), make_job(500)]
    )
    result = await triage(api, since="1h")
    assert result["failures_omitted"] == {"groups": 13, "jobs": 39, "new": 13}
    text = await triage_text(api, since="1h")
    assert "; 24 other groups are new, the largest unknown cause, 3 jobs." in text.splitlines()[0]
    assert "and 39 failed jobs in 13 other groups, 13 of them new" in text
    shown = {each for group in result["failures"] for each in group["job_ids"]}
    assert {call["arguments"]["job_id"] for call in result["next"] if call["tool"] == "get_job_error"} <= shown


async def test_failures_are_counted_by_cause_over_all_groups() -> None:
    jobs = [
        each for text in DIFFERENT_ERRORS for each in make_failed_jobs(f"{text}: timed out", 3, 5)
    ] + make_failed_jobs(RATE_LIMIT, 4, 30)
    result = await triage(api_with([*jobs, make_job(50)]))
    assert result["by_category"] == {"timeout": 75, "rate_limit": 4}
    assert len(result["failures"]) == 12
    assert "Failed by cause: timeout 75, rate_limit 4" in await triage_text(api_with(jobs))


async def test_the_failure_timeline_has_equal_round_steps_up_to_the_end_of_the_window() -> None:
    api = api_with(
        [
            make_job(90, "failed", RATE_LIMIT),
            make_job(100, "failed", RATE_LIMIT),
            make_job(5, "failed", TIMEOUT),
            make_job(300),
        ]
    )
    result = await triage(api, since="2h")
    assert result["failed_over_time"] == {
        "from": "2026-11-23T10:00:00Z",
        "step": 300,
        "counts": [0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    }
    assert "Failed per 5 min from 11-23 10:00:00: 0 0 0 0 1 0 1 0" in await triage_text(api, since="2h")
    one = await triage(api_with([make_job(5, "failed", RATE_LIMIT)]))
    assert "failed_over_time" not in one


FORTY_ERRORS = [
    f"The {word} {verb} unexpectedly"
    for word in ("disk", "quota", "socket", "parser", "schema", "cursor", "kernel", "ledger", "mutex", "shard")
    for verb in ("overflowed", "collapsed", "rejected", "vanished")
]


async def test_omitted_groups_are_counted() -> None:
    result = await triage(api_with([make_job(n, "failed", FORTY_ERRORS[n % 40]) for n in range(200)]))
    shown = sum(group["count"] for group in result["failures"])
    assert len(result["failures"]) == 12
    assert result["failures_omitted"]["jobs"] == 200 - shown


async def test_a_retry_is_suggested_only_when_it_is_allowed() -> None:
    api = api_with(make_failed_jobs("Rate limit reached", 3, 5))
    tools = [call["tool"] for call in (await triage(api))["next"]]
    allowed = [call["tool"] for call in (await triage(api, {"WRITER_JOBS_ALLOW_RETRY": "true"}))["next"]]
    assert ("retry_jobs" in tools, "retry_jobs" in allowed) == (False, True)


async def test_long_ids_do_not_make_the_result_large() -> None:
    jobs = [make_job(n, "failed", FORTY_ERRORS[n % 40]) | {"id": f"{n}".ljust(200, '"')} for n in range(1, 200)]
    result = await triage(api_with(jobs), application_id='"' * 200)
    assert len(json.dumps(result, ensure_ascii=False, separators=(",", ":"))) < 12_000
    shown = sum(group["count"] for group in result["failures"])
    assert 0 < len(result["failures"]) <= 12
    assert shown + result["failures_omitted"]["jobs"] == result["counts"]["failed"] == 199


async def test_long_and_hostile_errors_do_not_make_the_result_large() -> None:
    hostile, slashes = '€\u202e"' * 40, "\\" * 400
    jobs = [make_job(n, "failed", f"{hostile} kind{chr(97 + n % 20) * 9} {slashes}" * 9) for n in range(400)]
    result = await triage(api_with(jobs))
    assert len(json.dumps(result, ensure_ascii=False)) < 12_000
