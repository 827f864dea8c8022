"""The MCP App: the page with which a host shows what the two triage tools return."""

from pathlib import Path

from mcp.server.apps import APP_MIME_TYPE, Apps
from mcp.server.mcpserver.resources import FileResource

from writer_jobs_mcp.tools import TRIAGE_PAGE_URI

PAGES_DIRECTORY = Path(__file__).parents[1] / "web" / "dist"
"""The built pages, each one file that needs no network; their sources are in ``web/src``."""


def triage_app_extension() -> Apps:
    """Return the extension that offers the triage page; its file is read when a host asks for it."""
    apps = Apps()
    apps.add_resource(
        FileResource(
            uri=TRIAGE_PAGE_URI,
            name="triage",
            title="Triage page",
            description="Draws what triage_application_jobs and triage_all_applications return.",
            mime_type=APP_MIME_TYPE,
            meta={"ui": {"prefersBorder": True}},
            path=PAGES_DIRECTORY / "triage.html",
            encoding="utf-8",
        )
    )
    return apps
