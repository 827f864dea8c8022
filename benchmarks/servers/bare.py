"""The smallest possible server on this SDK."""

from mcp.server import MCPServer

server = MCPServer("bare")


@server.tool()
def hello(name: str) -> str:
    """Say hello."""
    return f"Hello, {name}"


if __name__ == "__main__":
    server.run("stdio")
