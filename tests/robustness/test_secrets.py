"""Credentials in a job's text: masked, and ordinary text is not."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.data.credentials import CREDENTIALS, INNOCENT
from tests.fakes.canned_responses import JOB
from tests.fakes.raw_http_server import ScriptedServer, http_response, jobs_page, send_and_close
from tests.helpers.chaos_calls import connect_client, run_tool
from tests.helpers.mcp import structure_of, text_of
from tests.helpers.tally import Tally
from writer_jobs_mcp.sanitize.secrets import MASK
from writer_jobs_mcp.sanitize.text import sanitize

CAUSES = Path(__file__).parents[1] / "data" / "causes.jsonl"


READ_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("list_application_jobs", {"application_id": "a"}),
    ("get_job_error", {"job_id": "j", "application_id": "a"}),
    ("get_job_output", {"job_id": "j"}),
    ("triage_application_jobs", {"application_id": "a"}),
]


@pytest.mark.parametrize("names", [sorted(CREDENTIALS)[part::4] for part in range(4)], ids=range(4))
async def test_secrets_in_job_text_are_masked_before_grouping_and_display(names: list[str], tally: Tally) -> None:
    leaked: dict[str, list[str]] = {}
    wire = ScriptedServer()
    async with wire.serve() as url, connect_client(url) as client:
        for name in names:
            tally.tried["secrets in job texts"] += 1
            wording, secret = CREDENTIALS[name]
            # Two jobs whose errors differ only in the order of four letters of the secret.
            other = wording.format(f"{secret[:-8]}{secret[-8:-4][::-1]}{secret[-4:]}")
            errors = [
                f"Step 3 failed for anna@example.com: {each} Try again" for each in (wording.format(secret), other)
            ]
            rows = [{**JOB, "id": f"j-{at}", "application_id": "a", "error": error} for at, error in enumerate(errors)]
            rows = [{**row, "data": {"title": errors[0], "suggestion": errors[0]}} for row in rows]
            wire.always(send_and_close(http_response(jobs_page(*rows, totalCount=2))))
            wire.always(send_and_close(http_response(json.dumps(rows[0]).encode())), "jobs")
            results = [await run_tool(client, tally, tool, **arguments) for tool, arguments in READ_CALLS]
            resource = await client.read_resource("writer://applications/a/jobs/j-0")
            shown = "\n".join([*(result.model_dump_json() for result in results), resource.model_dump_json()])
            leaked[name] = [piece for piece in pieces_of(secret) if piece in shown]
            assert "[masked]" in text_of(results[1]), name
            assert "anna@example.com" in text_of(results[1]), "the affected user stays"
            assert "Try again" in text_of(results[1]), "the text behind it stays"
            (group,) = structure_of(results[3])["failures"]
            assert group["count"] == 2, f"one group despite different secrets: {name}"
    leaked = {name: pieces for name, pieces in leaked.items() if pieces}
    tally.leaked += len(leaked)
    assert leaked == {}


def pieces_of(secret: str) -> set[str]:
    """Return the parts that would reveal a secret; its first letters may be a common prefix."""
    return {secret[at : at + 8] for at in range(4, len(secret) - 7)} if len(secret) > 16 else {secret}


async def test_text_that_only_looks_like_a_secret_is_not_masked(tally: Tally) -> None:
    wire = ScriptedServer()
    shown: dict[str, str] = {}
    async with wire.serve() as url, connect_client(url) as client:
        for text in INNOCENT:
            tally.tried["texts without a secret"] += 1
            wire.default = send_and_close(http_response(json.dumps({**JOB, "error": text}).encode()))
            shown[text] = structure_of(await run_tool(client, tally, "get_job_error", job_id="j"))["error"]
    assert {text: result for text, result in shown.items() if result != text} == {}


def test_errors_of_real_programs_are_almost_never_masked() -> None:
    errors = [json.loads(line)["error"] for line in CAUSES.read_text(encoding="utf-8").splitlines()]
    masked = [error for error in errors if MASK in sanitize(error)]
    assert len(errors) == 1_028, "as SECURITY.md says"
    # Contains a part of a key, as LiteLLM prints it.
    assert [error for error in masked if "sk-" not in error] == []
    assert len(masked) <= 1
