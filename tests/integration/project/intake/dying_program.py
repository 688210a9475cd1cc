"""Serves the project service, uploads an archive to itself, says what it did, and waits to be killed.

Run as `python -m tests.integration.project.intake.dying_program <data folder> <archive>`.
"""

import asyncio
import json
import sys
from pathlib import Path

from tests.integration.project.intake.harness import served


async def main(folder: Path, data: bytes) -> None:
    async with served(folder) as client:
        client.project = await client.create_project()
        answers, batch = await client.upload(("a.zip", data))
        said = {
            "caller": client.caller.id,
            "project": client.project,
            "operation": answers["a.zip"].operation,
            "batch": batch.name,
        }
        sys.stdout.write(f"\nSAID {json.dumps(said)}\n")
        sys.stdout.flush()
        await asyncio.sleep(60)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]).read_bytes()))
