"""A program with a busy child, to be killed by a test: prints the child's process id and waits."""

import asyncio
import sys

from loupe_kit.child import ChildProcess


async def main() -> None:
    child = ChildProcess("tests.integration.kit.child_targets:work")
    await child.start()
    sys.stdout.write(f"{child.pid}\n")
    sys.stdout.flush()
    await child.call({"do": "sleep", "value": 60})


if __name__ == "__main__":
    asyncio.run(main())
