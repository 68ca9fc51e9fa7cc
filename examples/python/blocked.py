# /// script
# requires-python = ">=3.10"
# dependencies = ["mcp>=1.10,<2"]
# ///
"""Starts a test of an Access policy, waits for its end, and prints who would be locked
out. Arguments: the file with the policy, then flags for the server.

    uv run blocked.py ../policy.json --simulate
"""

import asyncio
import json
import os
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def show(progress: float, total: float | None, message: str | None) -> None:
    """Shows a report of progress."""
    print(message, file=sys.stderr)


async def call(session: ClientSession, name: str, **arguments) -> dict:
    """Calls a tool and returns its structured result."""
    result = await session.call_tool(name, arguments, progress_callback=show)
    if result.isError:
        sys.exit("\n".join(part.text for part in result.content if part.type == "text"))
    return result.structuredContent


async def main(policy_file: str = "../policy.json", *flags: str) -> None:
    server = StdioServerParameters(
        command="access-policy-mcp",
        args=[*flags, "--allow-start"],
        # The client passes on next to nothing of its environment by itself, and so
        # neither CLOUDFLARE_API_TOKEN nor what leads to the key ring.
        env=dict(os.environ),
    )
    with open(policy_file, encoding="utf-8") as file:
        policy = json.load(file)
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        started = await call(session, "start_access_policy_test", policies=[policy])
        finished = False
        while not finished:
            test = await call(
                session, "get_access_policy_test", policy_test_id=started["id"], wait_seconds=600
            )
            finished = test["finished"]
        print(test["summary"], file=sys.stderr)

        page, more = 1, True
        while more:
            listed = await call(
                session,
                "list_access_policy_test_users",
                policy_test_id=started["id"],
                status="blocked",
                page=page,
                per_page=100,
            )
            for user in listed["users"]:
                print(user.get("email") or user.get("id"))
            page, more = page + 1, listed["more"]


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
