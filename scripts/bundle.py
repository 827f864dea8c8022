"""``python -m scripts.bundle`` unpacks the bundle, starts it as Claude Desktop does, and calls its tools."""

import json
import os
import re
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.helpers.mcp import call_tool, call_tool_error
from writer_jobs_mcp import __version__
from writer_jobs_mcp.sandbox import SANDBOX_KEY, SandboxStore, build_app, serve

BUNDLE = Path(__file__).parents[1] / "dist" / f"writer-jobs-mcp-{__version__}.mcpb"
FIRST_START_TIMEOUT = 240  # seconds for the first start, which installs everything


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        place, home = Path(directory, "Bundle of a user"), Path(directory, "home")
        home.mkdir()
        with zipfile.ZipFile(BUNDLE) as bundle:
            bundle.extractall(place)
        manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
        sys.stdout.write(anyio.run(try_bundle, manifest, place, home))


async def try_bundle(manifest: Mapping[str, Any], place: Path, home: Path) -> str:
    """Start the server without settings and with a key; return its answers, and how long each took."""
    started = anyio.current_time()
    blank = await query_server(server_parameters(manifest, place, home, {}), manifest)
    first = anyio.current_time() - started
    world = SandboxStore(now=datetime.now(UTC), clock=lambda: datetime.now(UTC))
    async with serve(build_app(world)) as url:
        filled = {"api_key": SANDBOX_KEY, "base_url": url, "allow_retry": "false"}
        started = anyio.current_time()
        answered = await query_server(server_parameters(manifest, place, home, filled), manifest)
    again = anyio.current_time() - started
    return (
        f"{BUNDLE.name}: with an empty home and no settings, after {first:.1f} s: {blank}\n"
        f"{BUNDLE.name}: with a key and an address, after {again:.1f} s: {answered}\n"
    )


def server_parameters(
    manifest: Mapping[str, Any], place: Path, home: Path, user_config: Mapping[str, str]
) -> StdioServerParameters:
    """Return how the manifest starts the server; placeholders of settings that are not given stay as they are."""

    def expand(text: str) -> str:
        text = text.replace("${__dirname}", str(place))
        return re.sub(r"\$\{user_config\.(\w+)\}", lambda found: user_config.get(found[1], found[0]), text)

    started_by = manifest["server"]["mcp_config"]
    # Claude Desktop brings uv. The certificate authorities are this machine's; all else must work with an empty home.
    kept = ("SYSTEMROOT", "TEMP", "TMP", "SSL_CERT_FILE", "SSL_CERT_DIR")
    environ = {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(home),
        "USERPROFILE": str(home),
        **{name: expand(value) for name, value in started_by["env"].items()},
    }
    return StdioServerParameters(
        command=started_by["command"], args=[expand(each) for each in started_by["args"]], env=environ
    )


async def query_server(server: StdioServerParameters, manifest: Mapping[str, Any]) -> str:
    """Check that the server offers what the manifest lists, and return its answer to ``list_applications``."""
    with anyio.fail_after(FIRST_START_TIMEOUT):
        async with Client(stdio_client(server)) as client:
            offered = [tool.name for tool in (await client.list_tools()).tools]
            assert offered == [tool["name"] for tool in manifest["tools"]]
            prompts = [prompt.name for prompt in (await client.list_prompts()).prompts]
            assert prompts == [prompt["name"] for prompt in manifest["prompts"]]
            if server.env and server.env["WRITER_API_KEY"] == SANDBOX_KEY:
                listed = await call_tool(client, "list_applications", {})
                return ", ".join(application["name"] for application in listed["applications"])
            return await call_tool_error(client, "list_applications", {})


if __name__ == "__main__":
    main()
