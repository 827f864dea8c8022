"""Application names and ids are untrusted text."""

from hypothesis import example, given, settings
from hypothesis import strategies as st
from mcp.client import Client

from tests.data.hostile_texts import HOSTILE_TEXTS, replace_surrogates
from tests.fakes.named_applications import NamedApplicationsApi
from tests.helpers.application_names import JOBS, NAME, OTHER_UUID, UUID
from tests.helpers.mcp import server_for, text_of
from tests.helpers.text_layout import mask_quotations, parse_layout
from writer_jobs_mcp.sanitize.truncate import preview


async def test_an_application_name_stays_inside_quotation_marks() -> None:
    api = NamedApplicationsApi({})
    async with Client(server_for(api)) as client:
        for label, hostile in HOSTILE_TEXTS.items():
            name = replace_surrogates(hostile.text[:2_000])
            for names in ({UUID: name}, {UUID: name, OTHER_UUID: name}, {UUID: f"{name} and more"}):
                api.names = {**names, "other": "zorba"}
                for given in (preview(name, 120), "zorb"):
                    text = text_of(await client.call_tool(JOBS, {"application_id": given}))
                    assert parse_layout(text)[0] == [], label
                    assert "zorba" not in mask_quotations(text), label
                    assert len(text) < 2_000, label


API = NamedApplicationsApi(
    {UUID: NAME, "..": "dots", "a/../../v2": "slashes", "x?y#z": "signs", ".": "dot"}, unknown_status=404
)


@settings(max_examples=30)
@given(
    st.text(max_size=40)
    | st.sampled_from(["dots", "slashes", "signs", "dot", "..", "%2e%2e", "jobs", "?", "#", ";", "%", "//"])
    | st.builds("https://app.writer.com/{}/{}".format, st.text(max_size=10), st.sampled_from([UUID, ""]))
)
@example("a%2f..%2f..%2fmodels")
async def test_every_request_stays_under_v1_applications(given: str) -> None:
    API.requests.clear()
    async with Client(server_for(API)) as client:
        for tool in (JOBS, "get_job_error", "get_job_output", "wait_for_job"):
            arguments = {"application_id": given} if tool == JOBS else {"application_id": given, "job_id": "x"}
            try:
                await client.call_tool(tool, arguments)
            except UnicodeEncodeError:  # the client cannot send a lone surrogate
                return
    for request in API.requests:
        path = request.partition("?")[0]
        assert path == "/v1/applications" or path.startswith("/v1/applications/"), given
        assert len(path.split("/")) <= 5, given
        assert {".", "..", ""}.isdisjoint(path.split("/")[1:]), given
