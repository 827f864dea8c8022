"""Each way in which a check of Writer can fail: its detail gives the reason, then advice."""

import asyncio
import json
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import config_for
from tests.fakes.http_proxy import HttpProxy
from tests.fakes.raw_http_server import Behaviour, Exchange, ScriptedServer, http_response, send_and_close
from tests.helpers.key import KEY, error_body
from tests.helpers.result_checks import check_detail
from tests.helpers.tally import Tally
from writer_jobs_mcp.commands.check import CheckReport, check_writer

pytestmark = pytest.mark.usefixtures("without_proxies")


async def check_with_key(url: str, tally: Tally, **environ: str) -> dict[str, str]:
    """Return the detail of each failed check by name; text and JSON must agree."""
    tally.tried["failures of check"] += 1
    findings = CheckReport(await check_writer(config_for(url, **{"WRITER_API_KEY": KEY, **environ})))
    tally.check_for_key(findings.as_text())
    lines = findings.as_text().split("\n")
    found = json.loads(findings.as_json())
    assert (found["ok"], findings.all_ok) == (False, False)
    assert [each["name"] for each in found["checks"]] == ["settings", "reachable", "key"]
    mark = {True: "ok  ", False: "FAIL", None: "-   "}
    assert lines == [f"{mark[each['ok']]}  {each['name']:<10}{each['detail']}" for each in found["checks"]]
    return {each["name"]: each["detail"] for each in found["checks"] if not each["ok"]}


NOT_TRIED = "Not tried, because Writer could not be reached."


async def stay_silent(_: Exchange) -> None:
    await asyncio.sleep(3600)


WAIT = "Retry-After: 60"  # too long to wait for, so the request is not retried


ANSWERS: dict[str, tuple[Behaviour, str, str]] = {
    "401": (
        send_and_close(http_response(b"", "401 No")),
        "Rejected: Writer refused the API key (401).",
        "Check that WRITER_API_KEY holds a current key",
    ),
    "403": (
        send_and_close(http_response(b"", "403 No")),
        "Rejected: Writer does not let this key list applications (403).",
        "Use a key that has this permission, or ask the administrator",
    ),
    "404": (
        send_and_close(http_response(b"", "404 No")),
        "Could not be tried: Writer does not know the list of applications",
        "(404). Check WRITER_BASE_URL.",
    ),
    "400": (
        send_and_close(http_response(error_body("No"), "400 No")),
        '(400 Bad Request): "No".',
        "Check WRITER_BASE_URL.",
    ),
    "429": (
        send_and_close(http_response(b"", "429 Slow", WAIT)),
        "limiting this key's requests (429)",
        "Wait 60 seconds, as Writer asks",
    ),
    "500": (
        send_and_close(http_response(b"", "500 Oops", WAIT)),
        "it answered 500 Internal Server Error",
        "Try again after 60 seconds, as Writer asks.",
    ),
    "501": (send_and_close(http_response(b"", "501 What")), "(501 Not Implemented).", "Try again later."),
    "a redirect": (
        send_and_close(http_response(b"", "302 Found", "Location: /")),
        "a redirect, which is not followed",
        "Check WRITER_BASE_URL.",
    ),
    "a web page": (
        send_and_close(http_response(b"<html>")),
        "it is a web page, not JSON",
        "Check WRITER_BASE_URL, or report this.",
    ),
    "other JSON": (
        send_and_close(http_response(b'{"hello": "world"}')),
        "cannot be read",
        "Check WRITER_BASE_URL, or report this.",
    ),
}


@pytest.mark.parametrize(("behaviour", "reason", "advice"), ANSWERS.values(), ids=ANSWERS)
async def test_an_error_response_fails_the_key_check_with_reason_and_advice(
    behaviour: Behaviour, reason: str, advice: str, tally: Tally
) -> None:
    async with ScriptedServer(default=behaviour).serve() as url:
        failed = await check_with_key(url, tally)
    assert failed.keys() == {"key"}
    check_detail(failed["key"], reason, advice)


NETWORK = "Check WRITER_BASE_URL, the network and any proxy"


async def test_a_refused_connection_fails_the_reachable_check(unused_url: str, tally: Tally) -> None:
    failed = await check_with_key(unused_url, tally, WRITER_JOBS_CALL_BUDGET="1")
    check_detail(failed["reachable"], "no connection could be made (127.0.0.1)", NETWORK)
    assert failed["key"] == NOT_TRIED


async def test_an_unknown_host_fails_the_reachable_check(tally: Tally) -> None:
    failed = await check_with_key("https://writer.invalid", tally, WRITER_JOBS_CALL_BUDGET="1")
    check_detail(failed["reachable"], "its host name could not be resolved (writer.invalid)", NETWORK)
    assert failed["key"] == NOT_TRIED


async def test_a_closed_connection_fails_the_reachable_check(tally: Tally) -> None:
    async with ScriptedServer(default=send_and_close()).serve() as url:
        failed = await check_with_key(url, tally, WRITER_JOBS_CALL_BUDGET="1")
    check_detail(failed["reachable"], "closed the connection", "Try again in a few minutes.")


async def test_a_server_that_never_responds_fails_the_reachable_check(tally: Tally) -> None:
    async with ScriptedServer(default=stay_silent).serve() as url:
        failed = await check_with_key(url, tally, WRITER_JOBS_CALL_BUDGET="1")
    check_detail(failed["reachable"], "did not answer within 1 s.", "Check WRITER_BASE_URL, the network and any proxy.")
    assert failed["key"] == NOT_TRIED


async def test_an_untrusted_certificate_fails_the_reachable_check(certified: ssl.SSLContext, tally: Tally) -> None:
    async with ScriptedServer().serve(certified) as url:
        failed = await check_with_key(url, tally)
    check_detail(failed["reachable"], "The TLS certificate of 127.0.0.1 is not trusted here.", "set SSL_CERT_FILE.")


async def test_a_server_without_tls_fails_the_reachable_check(tally: Tally) -> None:
    async with ScriptedServer(default=send_and_close(http_response(b"", "400 Bad"))).serve() as url:
        failed = await check_with_key(url.replace("http:", "https:"), tally, WRITER_JOBS_CALL_BUDGET="1")
    check_detail(failed["reachable"], "the TLS handshake failed (127.0.0.1)", NETWORK)


async def test_a_proxy_that_rejects_the_tunnel_fails_the_reachable_check(
    monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    async with HttpProxy(http_response(b"", "407 HttpProxy Authentication Required")).serve() as way:
        monkeypatch.setenv("HTTPS_PROXY", way)
        failed = await check_with_key("https://127.0.0.1:9", tally, WRITER_JOBS_CALL_BUDGET="1")
    check_detail(failed["reachable"], "could not be reached through the proxy", NETWORK)


def applications_response(*applications: dict[str, str], **others: object) -> Behaviour:
    return send_and_close(http_response(json.dumps({"data": applications, **others}).encode()))


MANY = [{"id": f"a-{number}", "name": f"Agent {number}"} for number in range(100)]


SEEN: dict[str, tuple[Behaviour, str]] = {
    "none": (applications_response(has_more=False), "accepted, but sees no application (no-code agent)"),
    "one": (applications_response(MANY[0], has_more=False), 'accepted, sees 1 application: "Agent 0"'),
    "two": (
        applications_response(*MANY[:2], has_more=False),
        'accepted, sees 2 applications, such as "Agent 0" and "Agent 1"',
    ),
    "one page": (
        applications_response(*MANY, has_more=False),
        'accepted, sees 100 applications, such as "Agent 0" and "Agent 1"',
    ),
    "more": (
        applications_response(*MANY, has_more=True),
        'accepted, sees at least 100 applications, such as "Agent 0" and "Agent 1"',
    ),
    "perhaps more": (
        applications_response(*MANY),
        'accepted, sees at least 100 applications, such as "Agent 0" and "Agent 1"',
    ),
    "more of short pages": (
        applications_response(MANY[0], has_more=True),
        'accepted, sees at least 1 application, such as "Agent 0"',
    ),
    "without a name": (applications_response({"id": "a-1"}, has_more=False), 'accepted, sees 1 application: "a-1"'),
    "that cannot be read": (applications_response({"name": "x"}, has_more=False), "accepted, sees 1 application"),
    "with a forged name": (
        applications_response({"id": "a", "name": 'x"\nFAIL  key  Rejected.'}, has_more=False),
        'accepted, sees 1 application: "x\\" FAIL key Rejected."',
    ),
}


@pytest.mark.parametrize(("behaviour", "detail"), SEEN.values(), ids=SEEN)
async def test_a_valid_key_is_described_by_the_applications_it_sees(
    behaviour: Behaviour, detail: str, tally: Tally
) -> None:
    tally.tried["successes of check"] += 1
    async with ScriptedServer(default=behaviour).serve() as url:
        *_, key = await check_writer(config_for(url, WRITER_API_KEY=KEY))
    assert (key.name, key.ok, key.detail) == ("key", True, detail)


async def test_a_missing_key_fails_the_key_check(url: str, tally: Tally) -> None:
    failed = await check_with_key(url, tally, WRITER_API_KEY="")
    assert failed.keys() == {"key"}
    check_detail(failed["key"], "No Writer API key is set.", "Set WRITER_API_KEY, or WRITER_API_KEY_FILE to a file")
    check_detail(failed["key"], "Settings → Extensions", "claude_desktop_config.json")


FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda _: None, "cannot be read: No such file or directory."),
    "a folder": (Path.mkdir, "cannot be read: "),
    "empty": (Path.touch, "is empty."),
    "blank": (lambda path: path.write_text(" \n\t\n", encoding="utf-8"), "is empty."),
    "two keys": (
        lambda path: path.write_text(f"{KEY}\n{KEY}\n", encoding="utf-8"),
        "must hold the API key and nothing else.",
    ),
    "a line of .env": (
        lambda path: path.write_text(f"WRITER_API_KEY = {KEY}\n", encoding="utf-8"),
        "must hold the API key and nothing else.",
    ),
    "no text": (lambda path: path.write_bytes(b"\xff\xfe\x00\xd8"), "it is not a text file."),
}


@pytest.mark.parametrize(("make", "what"), FILES.values(), ids=FILES)
async def test_an_unusable_key_file_fails_the_key_check(
    make: Callable[[Path], object], what: str, url: str, tmp_path: Path, tally: Tally
) -> None:
    path = tmp_path / "key"
    make(path)
    failed = await check_with_key(url, tally, WRITER_API_KEY="", WRITER_API_KEY_FILE=str(path))
    assert failed.keys() == {"key"}
    check_detail(failed["key"], what, "then try again.")
    assert str(tmp_path) not in failed["key"]
