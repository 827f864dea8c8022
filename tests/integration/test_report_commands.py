"""The commands triage and failures: what they print, and with which status they exit."""

import csv
import io
import json
import subprocess
from typing import Any

import pytest
from mcp.client import Client

from tests.conftest import ALIAS, NOW
from tests.fakes.unstable_list import UnstableListApi
from tests.helpers.command import run_main, settings_for
from tests.helpers.jobs import JsonObject, make_failed_jobs, make_job
from tests.helpers.mcp import call_tool, structure_of, text_of
from tests.helpers.triage import NOT_FOUND, RATE_LIMIT, UNREADABLE_STATUS, api_with
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.sandbox import APPLICATIONS, CannedResponse, FaultScript, serve
from writer_jobs_mcp.server.build import build_server

UNTIL = NOW.isoformat()
WHOLE_LIST = ("--since", "all", "--until", UNTIL)


async def run_on(api: UnstableListApi, *arguments: str) -> subprocess.CompletedProcess[str]:
    async with serve(api) as url:
        return await run_main(*arguments, **settings_for(url))


def jobs_with_5_percent_failed() -> list[JsonObject]:
    return [make_job(n, "failed" if n % 20 == 0 else "completed", RATE_LIMIT) for n in range(1, 101)]


# The same as the tools ------------------------------------------------------------------------------------------------


def without_ages(structure: Any) -> Any:
    """Leave out how long jobs have run, which grows between two calls."""
    stuck = [{name: value for name, value in job.items() if name != "seconds"} for job in structure["stuck"]]
    return {**structure, "stuck": stuck}


async def test_triage_prints_what_the_tool_returns(url: str) -> None:
    arguments = {"application_id": ALIAS, "until": UNTIL}
    async with Client(build_server(Config.from_env(settings_for(url)))) as client:
        structure = await call_tool(client, "triage_application_jobs", arguments)
    printed = await run_main("triage", ALIAS, *WHOLE_LIST, "--format", "json", **settings_for(url))
    assert (printed.returncode, printed.stderr) == (0, "")
    assert without_ages(json.loads(printed.stdout)) == without_ages(structure)


async def test_triage_without_an_application_prints_what_the_tool_for_all_returns(url: str) -> None:
    window = ("--since", "2026-11-21T12:00:00Z", "--until", UNTIL)
    arguments = {"since": window[1], "until": UNTIL}
    async with Client(build_server(Config.from_env(settings_for(url)))) as client:
        result = await client.call_tool("triage_all_applications", arguments)
    as_json = await run_main("triage", *window, "--format", "json", **settings_for(url))
    assert (as_json.returncode, as_json.stderr) == (0, "")
    assert json.loads(as_json.stdout) == structure_of(result)
    assert (await run_main("triage", *window, **settings_for(url))).stdout == f"{text_of(result)}\n"


@pytest.mark.parametrize("application", [ALIAS, "product  DESCRIPTION writer"])
async def test_the_application_is_an_id_or_a_name(url: str, application: str) -> None:
    done = await run_main("triage", application, *WHOLE_LIST, **settings_for(url))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("93 of 400 jobs created before 11-23 12:00 UTC failed")


async def test_failures_prints_all_jobs_that_the_tool_returns_page_by_page() -> None:
    jobs = [*make_failed_jobs(RATE_LIMIT, 230, 30), *make_failed_jobs(NOT_FOUND, 40, 60), make_job(5)]
    async with serve(api_with(jobs)) as url:
        async with Client(build_server(Config.from_env(settings_for(url)))) as client:
            arguments = {"application_id": "a", "until": UNTIL, "limit": 200, "error_chars": 2_000}
            pages = [await call_tool(client, "list_failed_jobs", arguments | {"offset": at}) for at in (0, 200)]
        printed = await run_main("failures", "a", *WHOLE_LIST, "--format", "json", **settings_for(url))
    listed = json.loads(printed.stdout)
    assert (printed.returncode, printed.stderr) == (0, "")
    assert [job["id"] for job in listed["jobs"]] == [job["id"] for page in pages for job in page["jobs"]]
    assert listed["page"] == {"offset": 0, "limit": 270, "returned": 270}
    assert listed["matched"] == 270
    assert [(group["signature"], group["count"]) for group in listed["groups"]] == [(RATE_LIMIT, 230), (NOT_FOUND, 40)]
    assert {name: listed[name] for name in ("application_id", "window", "coverage")} == {
        name: pages[0][name] for name in ("application_id", "window", "coverage")
    }


async def test_failures_narrows_the_jobs_like_the_tool(url: str) -> None:
    whole = await run_main("failures", ALIAS, *WHOLE_LIST, "--format", "json", **settings_for(url))
    jobs = json.loads(whole.stdout)["jobs"]
    quota = [job for job in jobs if "quota" in job.get("error", "")]
    for narrowing, expected in (
        (["--contains", "QUOTA"], quota),
        (["--contains", "QUOTA", "--category", "rate_limit"], quota),
        (["--contains", "QUOTA", "--category", "timeout"], []),
        (["--like", quota[0]["id"]], quota),
    ):
        arguments = ["failures", ALIAS, *WHOLE_LIST, *narrowing, "--format", "csv"]
        done = await run_main(*arguments, **settings_for(url))
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        assert (done.returncode, done.stderr) == (0, "")
        assert [row["id"] for row in rows] == [job["id"] for job in expected], narrowing
    assert 0 < len(quota) < len(jobs) == 93


async def test_without_since_the_report_compares_the_last_day_with_the_one_before() -> None:
    jobs = [*jobs_with_5_percent_failed(), *(make_job(1_500 + n) for n in range(100))]
    printed = json.loads((await run_on(api_with(jobs), "triage", "a", "--until", UNTIL, "--format", "json")).stdout)
    assert printed["window"] == {"since": "2026-11-22T12:00:00Z", "until": "2026-11-23T12:00:00Z"}
    assert printed["before"]["jobs"] == 100


# Exit statuses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("percent", "status", "message"),
    [
        ("5", 0, ""),
        ("100", 0, ""),
        ("4.999", 3, "writer-jobs-mcp: 5 of 100 jobs failed, which is more than 4.999 %.\n"),
        ("0%", 3, "writer-jobs-mcp: 5 of 100 jobs failed, which is more than 0 %.\n"),
    ],
)
async def test_a_failure_rate_above_the_given_one_exits_with_3(percent: str, status: int, message: str) -> None:
    api = api_with(jobs_with_5_percent_failed())
    done = await run_on(api, "triage", "a", "--until", UNTIL, "--fail-above", percent)
    assert (done.returncode, done.stderr) == (status, message)
    assert done.stdout.startswith("5 of 100 jobs created ")


async def test_no_jobs_are_no_failure() -> None:
    done = await run_on(api_with([]), "triage", "a", "--fail-above", "0")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("No jobs were created")


@pytest.mark.parametrize("fail_above", [[], ["--fail-above", "1"], ["--fail-above", "100"]], ids=str)
async def test_incomplete_coverage_exits_with_4_whatever_the_failure_rate(fail_above: list[str]) -> None:
    api = api_with([*jobs_with_5_percent_failed(), make_job(7) | UNREADABLE_STATUS])
    done = await run_on(api, "triage", "a", "--until", UNTIL, *fail_above)
    assert done.returncode == 4
    assert "Coverage: NOT complete" in done.stdout
    assert done.stderr == (
        "writer-jobs-mcp: not all jobs of the window were read or counted (see the coverage); of those read, "
        "5 of 100 jobs failed.\n"
    )


@pytest.mark.parametrize(("percent", "status"), [("23", 0), ("22", 3)])
async def test_without_an_application_the_failure_rate_is_that_of_all_jobs(url: str, percent: str, status: int) -> None:
    done = await run_main("triage", *WHOLE_LIST, "--fail-above", percent, **settings_for(url))
    assert "144 of 640 jobs created before 11-23 12:00 UTC failed (22.5%)" in done.stdout
    assert done.returncode == status


async def test_an_application_that_cannot_be_read_exits_with_4(url: str, faults: FaultScript) -> None:
    faults.push(CannedResponse(403), on=f"/v1/applications/{APPLICATIONS[1].id}/jobs", times=None)
    done = await run_main("triage", *WHOLE_LIST, "--fail-above", "1", **settings_for(url))
    assert done.returncode == 4
    assert "Coverage: NOT complete" in done.stdout
    assert done.stderr.startswith(
        "writer-jobs-mcp: not all jobs of the window were read or counted (see the coverage); of "
    )


@pytest.mark.parametrize("form", ["text", "json", "csv"])
async def test_failures_exits_with_4_where_jobs_could_not_be_read(form: str) -> None:
    api = api_with([*make_failed_jobs(RATE_LIMIT, 5, 30), make_job(7, "failed") | {"id": None}])
    done = await run_on(api, "failures", "a", "--until", UNTIL, "--format", form)
    assert done.returncode == 4
    assert done.stderr.startswith("writer-jobs-mcp: Coverage: NOT complete; 5 failed jobs read")
    assert RATE_LIMIT in done.stdout


async def test_csv_says_on_stderr_what_has_no_place_in_it() -> None:
    api, until = api_with(make_failed_jobs(RATE_LIMIT, 5, 30)), UNTIL.removesuffix("+00:00")
    done = await run_on(api, "failures", "a", "--until", until, "--format", "csv")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 6)
    assert "until had no time zone and was read as UTC." in done.stderr


@pytest.mark.parametrize("command", ["triage", "failures"])
async def test_an_unknown_application_exits_with_1(url: str, command: str) -> None:
    done = await run_main(command, "nonesuch", **settings_for(url))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith('writer-jobs-mcp: Writer does not know application "nonesuch": none of the 3 ')
    assert "Here, writer-jobs-mcp triage without an application shows them." in done.stderr


@pytest.mark.parametrize("command", ["triage", "failures"])
async def test_a_rejected_key_exits_with_1(url: str, command: str) -> None:
    done = await run_main(command, ALIAS, WRITER_API_KEY="wrong-key-9182", WRITER_BASE_URL=url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("writer-jobs-mcp: Writer refused the API key (401). ")
    assert "9182" not in done.stderr


@pytest.mark.parametrize("command", ["triage", "failures"])
@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({}, "No Writer API key is set. Set WRITER_API_KEY"),
        ({"WRITER_JOBS_CONCURRENCY": "99"}, 'WRITER_JOBS_CONCURRENCY must be a whole number from 1 to 16; got "99".'),
    ],
    ids=str,
)
async def test_unusable_settings_exit_with_2(command: str, environ: dict[str, str], message: str) -> None:
    done = await run_main(command, "a", **environ)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"writer-jobs-mcp: {message}")


@pytest.mark.parametrize("arguments", [["failures"], ["failures", "a", "b"], ["triage", "a", "--since"]], ids=str)
async def test_invalid_usage_exits_with_2(arguments: list[str]) -> None:
    done = await run_main(*arguments)
    assert (done.returncode, done.stdout) == (2, "")


async def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    done = await run_main("triage", ALIAS, "--sandbox", "--since", "1h", "--until", "2h")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("writer-jobs-mcp: since must be earlier than until; since is ")


KEY = "wk-7Hq2ZtVx9LmB4RcY8sNd"


@pytest.mark.parametrize(
    "arguments",
    [
        ["triage", KEY],
        ["failures", KEY],
        ["failures", "a", "--like", KEY],
        ["failures", "a", "--contains", f"Bearer {KEY}"],
        ["failures", "a", f"--contains={KEY}"],
        ["triage", "a", "--since", KEY],
        ["triage", "a", "--fail-above", KEY],
        ["triage", "a", "--format", KEY],
        ["failures", "a", "--category", KEY],
        ["failures", "a", KEY],
    ],
    ids=repr,
)
async def test_the_key_in_an_argument_is_refused_and_not_printed(arguments: list[str]) -> None:
    done = await run_main(*arguments, WRITER_API_KEY=KEY, WRITER_BASE_URL="http://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (2, "")
    assert KEY[3:9] not in done.stderr


async def test_both_help_texts_explain_the_exit_statuses() -> None:
    triage, failures = [(await run_main(command, "--help")).stdout for command in ("triage", "failures")]
    assert "  3  the failure rate is above PERCENT; " in triage
    assert "  4  not all jobs of the window were read or counted, " in triage
    assert "  4  not all failed jobs of the window could be read\n" in failures
    assert "an apostrophe stands before" in failures
