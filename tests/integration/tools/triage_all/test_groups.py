"""Groups of failures over all applications of an account, and which of them are new."""

from tests.fakes.account import AccountApi, always
from tests.fakes.unstable_list import UnstableListApi
from tests.helpers.account import DAY, in_groups, jobs_api, rows_by_id, triage_all, working
from tests.helpers.jobs import make_failed_jobs
from tests.helpers.triage import DIFFERENT_ERRORS, NOT_FOUND, RATE_LIMIT, TIMEOUT, trends

TIMED_OUT = "Timed out after <number> s"  # the signature of TIMEOUT


async def test_the_same_error_in_two_applications_is_one_row() -> None:
    api = AccountApi(
        {
            "a": jobs_api(working(), make_failed_jobs(RATE_LIMIT, 4, 60)),
            "b": jobs_api(working(), make_failed_jobs(RATE_LIMIT, 7, 90), make_failed_jobs(TIMEOUT, 2, 90)),
        }
    )
    report, text = await triage_all(api)
    assert in_groups(report) == {RATE_LIMIT: {"b": 7, "a": 4}, TIMED_OUT: {"b": 2}}
    assert report["by_category"] == {"rate_limit": 11, "timeout": 2}
    assert f'"{RATE_LIMIT}" [' in text
    assert "in #1 7, #2 4" in text


async def test_numbers_in_the_errors_tell_applications_not_apart() -> None:
    errors = {"a": "Request 17 timed out after 30 s", "b": "Request 23,004 timed out after 60 s"}
    api = AccountApi({id_: jobs_api(working(), make_failed_jobs(text, 3, 60)) for id_, text in errors.items()})
    report, _ = await triage_all(api)
    assert [group["count"] for group in report["failures"]] == [6]


def long_list(*failed: tuple[str, int, float]) -> UnstableListApi:
    """Return an application of 4,000 jobs with these failures: the error, how many, and how many minutes ago."""
    return jobs_api(working(4_000, 5), *(make_failed_jobs(*each) for each in failed))


async def test_a_group_is_new_only_if_no_application_had_it_before() -> None:
    api = AccountApi(
        {
            "a": long_list((RATE_LIMIT, 5, 60), (TIMEOUT, 5, 60)),
            "b": long_list((RATE_LIMIT, 5, 60), (RATE_LIMIT, 2, 1.5 * DAY)),
            "c": long_list((NOT_FOUND, 3, 60), (NOT_FOUND, 1, 5 * DAY)),
        }
    )
    report, _ = await triage_all(api)
    found = trends(report)
    assert found[TIMED_OUT] == "new"
    assert found[RATE_LIMIT] != "new"
    assert found[NOT_FOUND] != "new"
    not_found = next(group for group in report["failures"] if group["signature"] == NOT_FOUND)
    assert not_found["seen_before"].startswith("2026-11-18T")
    assert {row["id"]: row["new_groups"] for row in report["applications"]} == {"a": 1, "b": 0, "c": 0}


async def test_earlier_failures_are_read_on_until_a_kind_was_seen_or_500_were_read() -> None:
    api = long_list((TIMEOUT, 5, 60), (RATE_LIMIT, 250, 3 * DAY), (TIMEOUT, 1, 6 * DAY))
    report, _ = await triage_all(AccountApi({"a": api}))
    assert trends(report) == {TIMED_OUT: None}  # seen before, and too rare for a trend
    assert report["failures"][0]["seen_before"].startswith("2026-11-17T")
    api = long_list((TIMEOUT, 5, 60), (RATE_LIMIT, 650, 3 * DAY), (TIMEOUT, 1, 6 * DAY))
    report, _ = await triage_all(AccountApi({"a": api}))
    assert trends(report) == {TIMED_OUT: "new"}


async def test_no_group_has_a_trend_where_one_application_could_not_be_compared() -> None:
    failing = long_list((TIMEOUT, 5, 60))
    report, text = await triage_all(AccountApi({"a": failing, "b": always(403)}))
    assert trends(report) == {TIMED_OUT: None}
    assert "new_groups" not in rows_by_id(report)["a"]
    assert "before" in rows_by_id(report)["a"]
    assert "No trend is given: the window before was not read whole in 1 of 2 applications (" in text
    assert not {"new", "rising"} & set(text.split())


async def test_a_trend_compares_the_rates_over_all_applications() -> None:
    api = AccountApi(
        {
            "a": long_list((RATE_LIMIT, 60, 60), (RATE_LIMIT, 5, 1.5 * DAY)),
            "b": long_list(
                (RATE_LIMIT, 10, 60), (RATE_LIMIT, 5, 1.5 * DAY), (TIMEOUT, 12, 60), (TIMEOUT, 12, 1.5 * DAY)
            ),
        }
    )
    report, text = await triage_all(api)
    assert trends(report) == {RATE_LIMIT: "rising", TIMED_OUT: "steady"}
    assert [group["before"] for group in report["failures"]] == [10, 12]
    assert "is rising: 10 of 598 jobs in the 24 h before" in text


async def test_many_groups_in_many_applications_are_counted_though_not_shown() -> None:
    apis = {
        f"app-{number:02}": jobs_api(
            working(5), *(make_failed_jobs(error, 1 + number % 3, 60) for error in DIFFERENT_ERRORS[: number % 25 + 1])
        )
        for number in range(30)
    }
    report, text = await triage_all(AccountApi(apis))
    assert report["applications_omitted"]["applications"] == 30 - len(report["applications"])
    assert report["failures_omitted"]["groups"] == 25 - len(report["failures"])
    assert all(group.get("more_applications") for group in report["failures"][:1])
    assert len(text) < 6_500
