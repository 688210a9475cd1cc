"""A disk that is full while files come in: each file that finds no room is refused, those that do are taken."""

import errno
from collections.abc import AsyncIterator

from loupe_kit.errors import Code, LoupeError
from loupe_project.ports.intake import Limits, Spool, Spooled, SpoolWriter
from loupe_project.use_cases.intake.receive import Receiver
from loupe_project.use_cases.intake.stream import Chunk, Event, FileBegin


class _Whole:
    """A file on a disk; all that the receiver does with it is hand it on."""


class _SmallDisk:
    """Takes files of at most `room` bytes each; `finishes` says whether the last bytes still find room."""

    def __init__(self, room: int, *, finishes: bool = True) -> None:
        self.room = room
        self.finishes = finishes
        self.discarded: list[str] = []

    def begin(self, name: str, limit_bytes: int) -> SpoolWriter:
        return _Writer(self, name)


class _Writer:
    limit_bytes = 0

    def __init__(self, disk: _SmallDisk, name: str) -> None:
        self._disk = disk
        self._name = name
        self._size = 0

    async def write(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > self._disk.room:
            raise OSError(errno.ENOSPC, "No space left on device")

    async def finish(self) -> Spooled:
        if not self._disk.finishes:
            raise OSError(errno.ENOSPC, "No space left on device")
        return _Whole()  # type: ignore[return-value]

    def discard(self) -> None:
        self._disk.discarded.append(self._name)


async def _receive(disk: _SmallDisk, *files: tuple[str, int]) -> tuple[list[str], dict[str, LoupeError]]:
    taken: list[str] = []
    refused: dict[str, LoupeError] = {}

    async def take(begin: FileBegin, name: str, spooled: Spooled) -> None:
        taken.append(name)

    async def refuse(name: str, error: LoupeError) -> None:
        refused[name] = error

    async def events() -> AsyncIterator[Event]:
        for name, size in files:
            yield FileBegin(name)
            yield Chunk(bytes(size))

    spool: Spool = disk  # type: ignore[assignment]
    await Receiver(spool, Limits(), take, refuse).receive(events())
    return taken, refused


async def test_receive__file_that_finds_no_room_is_refused_and_forgotten() -> None:
    disk = _SmallDisk(room=10)
    taken, refused = await _receive(disk, ("large.png", 20), ("small.png", 5))
    assert taken == ["small.png"]
    assert refused["large.png"].code is Code.RESOURCE_EXHAUSTED
    assert disk.discarded == ["large.png"]


async def test_receive__disk_full_at_the_end_of_a_file() -> None:
    disk = _SmallDisk(room=10, finishes=False)
    taken, refused = await _receive(disk, ("a.png", 5))
    assert taken == []
    assert "full" in refused["a.png"].message
    assert disk.discarded == ["a.png"]
