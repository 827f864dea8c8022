"""A pasted writer.com address as application_id."""

import pytest

from tests.fakes.named_applications import NamedApplicationsApi
from tests.helpers.application_names import ADDRESS, NAME, OTHER_UUID, UUID, list_jobs, list_jobs_error


@pytest.mark.parametrize(
    "address",
    [
        ADDRESS,
        f"https://writer.com/{UUID}",
        f"https://writer.com/?agent={UUID}",
        f"https://eu.app.writer.com/{UUID}#settings",
        f"https://app.writer.com/#/agent/{UUID}?tab=jobs",
        f"https://app.writer.com:443/{UUID}/",
        f"https://app.writer.com./{UUID}",
        f"https://app.writer.com/agent/{UUID}?back=%2Fagent%2F{UUID.upper()}%2Fbuild",
        f"https://app.writer.com/agent%2F{UUID}%2Fbuild",
        f"https://app.writer.com/agent/support-reply-drafter-{UUID}",
        f"https://app.writer.com/agent/{UUID}.",
        f"https://app.writer.com/agent/{UUID}/{'x' * 500}",
        f"HTTPS://APP.WRITER.COM/AGENT/{UUID.upper()}",
        f"  <{ADDRESS}>\n",
        f'"{ADDRESS}"',
        f"'{ADDRESS}'",
        f"`{ADDRESS}`",
        f"\u201c{ADDRESS}\u201d",
        f"({ADDRESS})",
    ],
)
async def test_the_uuid_in_a_pasted_address_is_the_application_id(address: str) -> None:
    api = NamedApplicationsApi({UUID: NAME})
    result = await list_jobs(api, address)
    assert result["application_id"] == UUID
    assert "application_name" not in result  # nothing was looked up
    assert [each.partition("?")[0] for each in api.requests] == [f"/v1/applications/{UUID}/jobs"]


OTHER_ADDRESS_ERROR = (
    "application_id must be an id, an exact name or an https address under writer.com, not another address; got"
)
UUID_COUNT_ERROR = (
    "application_id must be a writer.com address that holds one UUID; this holds {}. "
    "Take the id from list_applications; got"
)
NO_UUID_ERROR, TWO_UUIDS_ERROR = UUID_COUNT_ERROR.format("none"), UUID_COUNT_ERROR.format("2 different ones")


@pytest.mark.parametrize(
    ("address", "start"),
    [
        (f"http://app.writer.com/{UUID}", OTHER_ADDRESS_ERROR),
        (f"ftp://app.writer.com/{UUID}", OTHER_ADDRESS_ERROR),
        (f"writer://applications/{UUID}/jobs/1", OTHER_ADDRESS_ERROR),
        (f"https://example.com/{UUID}", OTHER_ADDRESS_ERROR),
        (f"https://notwriter.com/{UUID}", OTHER_ADDRESS_ERROR),
        (f"https://writer.com.example.com/{UUID}", OTHER_ADDRESS_ERROR),
        (f"https://example.com/writer.com/{UUID}", OTHER_ADDRESS_ERROR),
        (f"https://app.writer.com@example.com/{UUID}", OTHER_ADDRESS_ERROR),
        (f"https://example.com@app.writer.com/{UUID}", OTHER_ADDRESS_ERROR),
        (f"https://example.com\\@app.writer.com/{UUID}", OTHER_ADDRESS_ERROR),
        (f"https://app.writer.com\\{UUID}", OTHER_ADDRESS_ERROR),
        (f"https://app.wri\nter.com/{UUID}", OTHER_ADDRESS_ERROR),
        (f"https://wr\u0131ter.com/{UUID}", OTHER_ADDRESS_ERROR),
        (f"https://app\uff0ewriter.com/{UUID}", OTHER_ADDRESS_ERROR),
        (f"https://[::1/{UUID}", OTHER_ADDRESS_ERROR),
        (f"https:///{UUID}", OTHER_ADDRESS_ERROR),
        ("https://app.writer.com/", NO_UUID_ERROR),
        (f"https://app.writer.com/{UUID}0", NO_UUID_ERROR),
        ("https://app.writer.com/agent/support-reply-drafter", NO_UUID_ERROR),
        (
            f"https://app.writer.com/{UUID}/{OTHER_UUID}",
            TWO_UUIDS_ERROR,
        ),
        (
            f"https://app.writer.com/{UUID}?back={OTHER_UUID}",
            TWO_UUIDS_ERROR,
        ),
        (f"https://{OTHER_UUID}.writer.com/{UUID}", TWO_UUIDS_ERROR),
    ],
)
async def test_any_other_address_is_an_error_before_anything_is_sent(address: str, start: str) -> None:
    api = NamedApplicationsApi({UUID: NAME})
    assert (await list_jobs_error(api, address)).startswith(start)
    assert api.requests == []
