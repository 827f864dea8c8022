"""Unpacks the bundle and starts it as its manifest says, in an empty home, as Claude Desktop does: it must answer."""

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
    """What the server said at its first start and at its second, and after how long."""
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
        f"{BUNDLE.name}: started from an empty home with nothing filled in, after {first:.1f} s it says: {blank}\n"
        f"{BUNDLE.name}: started again with a key and an address, after {again:.1f} s it says: {answered}\n"
    )


def server_parameters(
    manifest: Mapping[str, Any], place: Path, home: Path, user_config: Mapping[str, str]
) -> StdioServerParameters:
    """The server as the manifest has it started; what is not filled in stays as it is written."""

    def filled_in(text: str) -> str:
        text = text.replace("${__dirname}", str(place))
        return re.sub(r"\$\{user_config\.(\w+)\}", lambda found: user_config.get(found[1], found[0]), text)

    said = manifest["server"]["mcp_config"]
    # uv as Claude Desktop brings it, and this machine's own authorities: an empty home must do for the rest.
    kept = ("SYSTEMROOT", "TEMP", "TMP", "SSL_CERT_FILE", "SSL_CERT_DIR")
    environ = {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(home),
        "USERPROFILE": str(home),
        **{name: filled_in(value) for name, value in said["env"].items()},
    }
    return StdioServerParameters(command=said["command"], args=[filled_in(each) for each in said["args"]], env=environ)


async def query_server(server: StdioServerParameters, manifest: Mapping[str, Any]) -> str:
    """What the server answers when it is asked for the applications, having offered what the manifest lists."""
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
