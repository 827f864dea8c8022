"""The bundle's manifest: what Claude Desktop shows, asks for and starts, built from the package and the live server."""

from importlib.metadata import metadata
from typing import Any

from mcp.client import Client
from mcp_types import Prompt, TextContent

from writer_jobs_mcp.config import Config
from writer_jobs_mcp.server.build import build_server

# For a blank setting, Claude Desktop passes the literal `${user_config.…}`; the server treats it as unset.
USER_CONFIG = {
    "api_key": {
        "type": "string",
        "title": "Writer API key",
        "description": "From the API keys of your Writer account. It is kept in the system's keychain.",
        "sensitive": True,
        "required": True,
    },
    "base_url": {
        "type": "string",
        "title": "Address of the Writer API",
        "description": "Leave it blank unless your organization has its own.",
        "required": False,
    },
    "allow_retry": {
        "type": "boolean",
        "title": "Let Claude retry failed jobs",
        "description": "Without this, the server only reads. With it, Claude can start them again, and asks first.",
        "required": False,
        "default": False,
    },
}

ENVIRONMENT = {
    "WRITER_API_KEY": "${user_config.api_key}",
    "WRITER_BASE_URL": "${user_config.base_url}",
    "WRITER_JOBS_ALLOW_RETRY": "${user_config.allow_retry}",
}


async def build_manifest() -> dict[str, Any]:
    """Build the content of ``manifest.json``."""
    package = metadata("writer-jobs-mcp")
    # The tools with the default settings; with retries allowed, the server also offers retry_jobs.
    async with Client(build_server(Config.from_env({}))) as client:
        tools = [{"name": tool.name, "description": tool.description} for tool in (await client.list_tools()).tools]
        prompts = [await _export_prompt(client, prompt) for prompt in (await client.list_prompts()).prompts]
    return {
        "manifest_version": "0.4",
        "name": package["Name"],
        "display_name": "Writer jobs",
        "version": package["Version"],
        "description": package["Summary"],
        "author": {"name": package["Author"]},
        "icon": "icon.png",
        "server": {
            "type": "uv",
            "entry_point": "writer_jobs_mcp/__main__.py",
            "mcp_config": {
                "command": "uv",
                "args": ["run", "--directory", "${__dirname}", "--no-dev", "writer-jobs-mcp"],
                "env": ENVIRONMENT,
            },
        },
        "tools": tools,
        "tools_generated": True,
        "prompts": prompts,
        "keywords": package["Keywords"].split(","),
        "license": package["License-Expression"],
        "user_config": USER_CONFIG,
        "compatibility": {
            "platforms": ["darwin", "win32", "linux"],
            "runtimes": {"python": package["Requires-Python"]},
        },
    }


async def _export_prompt(client: Client, prompt: Prompt) -> dict[str, Any]:
    """Return a prompt with its text, in which ``${arguments.name}`` stands for the user's input."""
    names = [argument.name for argument in prompt.arguments or ()]
    result = await client.get_prompt(prompt.name, {name: f"${{arguments.{name}}}" for name in names})
    text = "\n\n".join(message.content.text for message in result.messages if isinstance(message.content, TextContent))
    return {"name": prompt.name, "description": prompt.description, "arguments": names, "text": text}
