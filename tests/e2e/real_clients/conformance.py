"""The official conformance suite, run against the server over HTTP, which only this check offers."""

import json
import logging
import re
from datetime import UTC, datetime
from pathlib import Path

from tests.e2e.real_clients.checks import expect
from tests.e2e.real_clients.installations import CONFORMANCE, FOLDER
from tests.e2e.real_clients.programs import run_program
from writer_jobs_mcp.client import asgi_transport
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.sandbox import SANDBOX_KEY, SandboxStore, build_app, serve
from writer_jobs_mcp.server.build import build_server

MUST_PASS = {
    "dns-rebinding-protection",
    "ping",
    "prompts-list",
    "resources-list",
    "server-initialize",
    "server-sse-multiple-streams",
    "tools-list",
}
# Any response passes these, even "unknown tool".
PASS_TRIVIALLY = {"tools-call-simple-text", "tools-call-error"}


async def conformance(_: object, home: Path) -> list[str]:
    """Return which scenarios pass; those that may fail are listed in ``conformance.yml``.

    Raises:
        CheckFailed: A scenario has an unexpected outcome.
    """
    # The suite requests many things that do not exist; the SDK would log each with a traceback.
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
    environ = {"WRITER_API_KEY": SANDBOX_KEY, "WRITER_BASE_URL": "http://localhost"}
    store = SandboxStore(now=datetime.now(UTC), clock=lambda: datetime.now(UTC))
    server = build_server(Config.from_env(environ), transport=asgi_transport(build_app(store)))
    app = server.streamable_http_app()
    async with app.router.lifespan_context(app), serve(app) as url:
        expected = ["--expected-failures", str(FOLDER / "conformance.yml")]
        asked = ["server", "--url", f"{url}/mcp", "--suite", "all", "--output-dir", str(home), *expected]
        await run_program([*CONFORMANCE, *asked], home)
    passed, failed = _results(home)
    expect(passed == MUST_PASS | PASS_TRIVIALLY, f"these pass: {sorted(passed)}")
    return [
        f"passed → {', '.join(sorted(MUST_PASS))}",
        f"failed, as conformance.yml explains → {len(failed)} others",
        f"passed, as with any server → {', '.join(sorted(PASS_TRIVIALLY))}",
    ]


def _results(place: Path) -> tuple[set[str], set[str]]:
    passed: set[str] = set()
    failed: set[str] = set()
    for found in place.glob("server-*/checks.json"):
        scenario = re.sub(r"^server-|-\d{4}-\d\d-\d\dT[\d-]+Z$", "", found.parent.name)
        statuses = {check["status"] for check in json.loads(found.read_text(encoding="utf-8"))}
        (passed if statuses <= {"SUCCESS", "INFO"} else failed).add(scenario)
    return passed, failed
