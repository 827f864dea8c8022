"""A client made with the Python SDK 1, run where that is installed: it disconnects during a call.

``python python_sdk_1.py COMMAND…`` starts the server that the command starts, beside a Writer that never answers.
"""

import os
import sys

import anyio
from anyio.abc import SocketAttribute, SocketStream
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

TIMEOUT = 60  # seconds: more than a busy machine needs


async def main() -> None:
    is_asked = anyio.Event()

    async def never_answer(connection: SocketStream) -> None:
        async with connection:
            is_asked.set()
            await anyio.sleep_forever()

    writer = await anyio.create_tcp_listener(local_host="127.0.0.1")
    url = f"http://127.0.0.1:{writer.extra(SocketAttribute.local_port)}"  # noqa: S610 - not Django
    environ = {**os.environ, "WRITER_API_KEY": "a-key-of-a-test", "WRITER_BASE_URL": url}
    server = StdioServerParameters(command=sys.argv[1], args=sys.argv[2:], env=environ)
    with anyio.fail_after(TIMEOUT):
        async with anyio.create_task_group() as peer:
            peer.start_soon(writer.serve, never_answer)
            async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
                await session.initialize()
                sys.stdout.write(f"{len((await session.list_tools()).tools)}\n")
                async with anyio.create_task_group() as calls:
                    calls.start_soon(session.call_tool, "list_applications")
                    await is_asked.wait()
                    calls.cancel_scope.cancel()  # without a cancellation message
            peer.cancel_scope.cancel()


if __name__ == "__main__":
    anyio.run(main)
