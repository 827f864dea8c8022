"""The tools that read a job, with an application_id by name or address; and a job id passed as application_id."""

from typing import Any

import pytest
from mcp.client import Client

from tests.fakes.named_applications import NamedApplicationsApi
from tests.fakes.second_api import APPLICATION, EMPTY_APPLICATION, SecondApi
from tests.helpers.application_names import ADDRESS, JOBS, NAME, OTHER_UUID, UUID, list_jobs_error
from tests.helpers.facts import missing_facts
from tests.helpers.mcp import call_tool, call_tool_error, server_for, structure_of, text_of
from tests.helpers.server_session import KEY, server_session
from tests.helpers.triage import TRIAGE


class UuidJobs(NamedApplicationsApi):
    """An API whose only job has a UUID."""

    def jobs(self, id_: str) -> list[dict[str, Any]]:
        return [{**super().jobs(id_)[0], "id": OTHER_UUID}]


async def test_a_job_id_in_place_of_an_application_is_an_error_that_names_the_application() -> None:
    api = UuidJobs({UUID: NAME})
    for given in (OTHER_UUID, f"https://app.writer.com/jobs/{OTHER_UUID}"):
        api.requests.clear()
        assert await list_jobs_error(api, given) == (
            f'"{OTHER_UUID}" is the id of a job, not of an application (no-code agent); its application is "{UUID}". '
            f'Pass that one, or call get_job_error with job_id="{OTHER_UUID}".'
        )
        assert [each.partition("?")[0] for each in api.requests] == [
            f"/v1/applications/{OTHER_UUID}/jobs",
            f"/v1/applications/jobs/{OTHER_UUID}",
        ]


async def test_a_job_id_that_is_not_a_uuid_is_recognized() -> None:
    class PlainJobs(NamedApplicationsApi):
        def jobs(self, id_: str) -> list[dict[str, Any]]:
            return [{**super().jobs(id_)[0], "id": "run_0001"}]

    assert (await list_jobs_error(PlainJobs({UUID: NAME}), "run_0001")).startswith(
        '"run_0001" is the id of a job, not of an'
    )


JOB_ID = f"job of {UUID}"


@pytest.mark.parametrize("tool", ["get_job_error", "get_job_output", "wait_for_job"])
@pytest.mark.parametrize("given", [NAME.lower(), UUID, ADDRESS])
async def test_a_job_that_writer_does_not_serve_by_id_is_found_in_its_application(tool: str, given: str) -> None:
    api = NamedApplicationsApi({OTHER_UUID: "x", UUID: NAME}, serves_single_jobs=False)
    async with Client(server_for(api)) as client:
        result = await client.call_tool(tool, {"job_id": JOB_ID, "application_id": given})
    structure = structure_of(result)
    assert (structure["job_id"], structure["application_id"], structure["status"]) == (JOB_ID, UUID, "failed")
    assert structure.get("application_name") == (NAME if given == NAME.lower() else None)
    assert missing_facts(structure, text_of(result)) == []


@pytest.mark.parametrize("tool", ["get_job_error", "get_job_output", "wait_for_job"])
async def test_an_unknown_job_is_not_reported_as_an_unknown_application(tool: str) -> None:
    api = NamedApplicationsApi({UUID: NAME}, serves_single_jobs=False)
    async with Client(server_for(api)) as client:
        error = await call_tool_error(client, tool, {"job_id": "no-such-job", "application_id": UUID})
        assert error.startswith(
            f'Writer does not know job "no-such-job", and it is not among the 1 jobs of application "{UUID}"'
        )
        assert not api.listed_applications
        error = await call_tool_error(client, tool, {"job_id": "no-such-job", "application_id": NAME})
        assert error.startswith(f'"{NAME}" is application "{UUID}". Writer does not know job "no-such-job"')
        error = await call_tool_error(client, tool, {"job_id": "no-such-job"})
        assert error.endswith("If you know its application, pass application_id too: its list is then searched.")


async def test_a_wait_searches_the_running_jobs_until_the_job_has_finished() -> None:
    class Finishing(NamedApplicationsApi):
        filtered_requests = 0

        def jobs(self, id_: str) -> list[dict[str, Any]]:
            is_running = self.filtered_requests < 2
            return [{**super().jobs(id_)[0], "status": "in_progress" if is_running else "completed"}]

        def respond(self, path: str, query: dict[str, str]) -> tuple[int, object]:
            self.filtered_requests += "status" in query
            return super().respond(path, query)

    api = Finishing({UUID: NAME}, serves_single_jobs=False)
    async with Client(server_for(api)) as client:
        result = await call_tool(client, "wait_for_job", {"job_id": JOB_ID, "application_id": NAME})
    assert (result["finished"], result["status"], result["application_name"]) == (True, "completed", NAME)
    assert sum(each.startswith("/v1/applications?") for each in api.requests) == 1  # the name is looked up once


async def test_a_server_process_finds_a_job_by_the_name_of_its_application() -> None:
    async with server_session(SecondApi(KEY, single_job_endpoint=False)) as session:
        listed = await session.structure(JOBS, application_id="THE APPLICATION 3c90c3cc-")
        found = (listed["application_id"], listed["application_name"])
        assert found == (EMPTY_APPLICATION, "The application 3c90c3cc-")
        done = await session.structure("get_job_output", job_id="run_0001", application_id="the application marketing")
        assert (done["application_id"], done["application_name"]) == (APPLICATION, "The application marketing")
        assert done["output"].startswith("Copy 1. Our kettles")


@pytest.mark.parametrize("given", [NAME, "support  REPLY drafter", ADDRESS])
async def test_a_triage_finds_its_application_by_name_or_address(given: str) -> None:
    api = NamedApplicationsApi({OTHER_UUID: "Another", UUID: NAME})
    async with Client(server_for(api)) as client:
        result = await call_tool(client, TRIAGE, {"application_id": given, "since": "24h"})
        text = text_of(await client.call_tool(TRIAGE, {"application_id": given}))
    assert (result["application_id"], result["counts"]) == (UUID, {"failed": 1})
    assert result.get("application_name") == (
        None if given == ADDRESS else NAME
    )  # this API has no endpoint for one application
    assert all(call["arguments"].get("application_id", UUID) == UUID for call in result["next"])
    assert f"{UUID}, jobs created" in text


async def test_a_triage_reports_a_job_id_and_an_unknown_name() -> None:
    async with Client(server_for(NamedApplicationsApi({UUID: NAME}))) as client:
        for_job = await call_tool_error(client, TRIAGE, {"application_id": f"job of {UUID}"})
        typo = await call_tool_error(client, TRIAGE, {"application_id": "Support reply draftr"})
    assert "list_applications" in for_job
    assert typo.startswith('Writer does not know application "Support reply draftr"')
    assert f'Similar names: "{UUID}" ("{NAME}")' in typo
