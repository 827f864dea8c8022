"""``python -m benchmarks.servers.from_openapi SCHEMA`` runs fastmcp's server for an OpenAPI schema."""

import json
import os
import sys
from pathlib import Path

import httpx2
from fastmcp import FastMCP

if __name__ == "__main__":
    headers = {"Authorization": f"Bearer {os.environ['WRITER_API_KEY']}"}
    client = httpx2.AsyncClient(base_url=os.environ["WRITER_BASE_URL"], headers=headers, timeout=60)
    schema = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    FastMCP.from_openapi(schema, client=client, name="Writer").run(show_banner=False)
