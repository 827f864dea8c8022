"""The embedded Writer API: served over HTTP on loopback (``writer-jobs-mcp sandbox``), or in this process."""

import os
from datetime import UTC, datetime

import anyio
from pydantic import SecretStr

from writer_jobs_mcp.client import Transport, asgi_transport
from writer_jobs_mcp.commands.output import PROGRAM, print_error, print_text
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.sandbox import SANDBOX_KEY, SandboxStore, build_app, serve_forever


def run_sandbox(port: int, jobs: int | None, applications: int | None = None) -> int:
    """Serve until the process is stopped; return 1 if the port cannot be used.

    Args:
        port: The port; 0 for a free one.
        jobs: How many jobs the first application has; None for the default.
        applications: How many applications there are, each with so many jobs; None for three of different sizes.
    """
    store = create_store(jobs, applications)
    application = store.applications[0]

    def announce(url: str) -> None:
        path = f"{url}/v1/applications/{application.id}/jobs?status=failed&limit=3"
        print_text(
            f"The embedded Writer API listens on {url} (Ctrl-C stops it).\n"
            f"key          {SANDBOX_KEY}\n"
            f"application  {application.id}  ({application.name}, {len(store.jobs(application.id))} jobs)\n\n"
            "To point the server at it, set these in another shell, or in the environment that your client gives it:\n"
            f"{_shell_assignment('WRITER_BASE_URL', url)}\n"
            f"{_shell_assignment('WRITER_API_KEY', SANDBOX_KEY)}\n"
            f"{PROGRAM} check\n\n"
            "To ask it directly:\n"
            f'curl -H "Authorization: Bearer {SANDBOX_KEY}" "{path}"'
        )

    try:
        anyio.run(serve_forever, build_app(store), announce, "127.0.0.1", port)
    except OSError as exc:
        print_error(f"port {port} cannot be used: {exc.strerror}. Choose another one, or leave out --port.")
        return 1
    return 0


def use_sandbox(config: Config) -> tuple[Config, Transport]:
    """Return settings and a transport with which every request stays in this process."""
    # The host name is never resolved.
    changes = {"api_key": SecretStr(SANDBOX_KEY), "api_key_file": None, "base_url": "http://localhost"}
    return config.model_copy(update=changes), asgi_transport(build_app(create_store()))


def create_store(jobs: int | None = None, applications: int | None = None) -> SandboxStore:
    """Create the applications and jobs of the embedded Writer API, as of now."""
    return SandboxStore(now=_now(), clock=_now, jobs=jobs, applications=applications)


def _now() -> datetime:
    return datetime.now(UTC)


def _shell_assignment(name: str, value: str) -> str:
    """Return a line that sets a variable: for PowerShell on Windows, for POSIX shells elsewhere."""
    return f'$env:{name} = "{value}"' if os.name == "nt" else f"export {name}={value}"
