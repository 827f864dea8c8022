"""``python -m scripts.snapshots`` writes the schema of each tool to ``tests/data/schemas``, for review in the diff."""

import json
from pathlib import Path
from typing import Any

import anyio
from mcp.client import Client

from writer_jobs_mcp.config import Config
from writer_jobs_mcp.server.build import build_server

SCHEMAS = Path(__file__).parents[1] / "tests" / "data" / "schemas"


async def tool_schemas() -> dict[str, dict[str, Any]]:
    """Return the definition of each tool by name, also of those that are offered only where they are allowed."""
    async with Client(build_server(Config.from_env({"WRITER_JOBS_ALLOW_RETRY": "true"}))) as client:
        tools = (await client.list_tools()).tools
    return {tool.name: tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools}


def main() -> None:
    for name, tool in anyio.run(tool_schemas).items():
        (SCHEMAS / f"{name}.json").write_text(json.dumps(tool, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
