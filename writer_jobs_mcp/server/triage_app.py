"""The pages that a host with MCP Apps draws beside an answer: each one file, which needs no network and no other."""

from pathlib import Path

from mcp.server.apps import APP_MIME_TYPE, Apps
from mcp.server.mcpserver.resources import FileResource

from writer_jobs_mcp.tools import TRIAGE_PAGE_URI

PAGES_DIRECTORY = Path(__file__).parents[1] / "web" / "dist"
"""Where the pages lie, each the build of a directory in ``src`` there."""


def triage_app_extension() -> Apps:
    """The extension that offers the triage page, to be read from its file when a host asks for it."""
    apps = Apps()
    apps.add_resource(
        FileResource(
            uri=TRIAGE_PAGE_URI,
            name="triage",
            title="Triage page",
            description="Draws what triage_application_jobs answers.",
            mime_type=APP_MIME_TYPE,
            meta={"ui": {"prefersBorder": True}},
            path=PAGES_DIRECTORY / "triage.html",
            encoding="utf-8",
        )
    )
    return apps
