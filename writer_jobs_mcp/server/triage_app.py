"""The MCP App: the page with which a host shows what the two triage tools return."""

from pathlib import Path

from mcp.server.apps import APP_MIME_TYPE, Apps
from mcp.server.mcpserver.resources import FileResource
from mcp_types import Annotations

from writer_jobs_mcp.tools import TRIAGE_PAGE_URI

PAGES_DIRECTORY = Path(__file__).parents[1] / "web" / "dist"
"""The built pages, each one file that needs no network; their sources are in ``web/src``."""

_TRIAGE_PAGE = PAGES_DIRECTORY / "triage.html"


def triage_page_size() -> int:
    """Return the size of the triage page in bytes."""
    return _TRIAGE_PAGE.stat().st_size


def triage_app_extension() -> Apps:
    """Return the extension that offers the triage page; its file is read when a host asks for it."""
    apps = Apps()
    apps.add_resource(
        FileResource(
            uri=TRIAGE_PAGE_URI,
            name="triage",
            title="Triage page",
            description="A page for the host to show to the user, not for the model: it draws what "
            "triage_application_jobs and triage_all_applications return.",
            mime_type=APP_MIME_TYPE,
            annotations=Annotations(audience=["user"], priority=0),
            meta={"ui": {"prefersBorder": True}},
            path=_TRIAGE_PAGE,
            encoding="utf-8",
        )
    )
    return apps
