"""Tiles: cut once for all who wait, and no longer than somebody waits."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import ExifTags
from PIL import Image as Picture

from loupe_kit.errors import InvalidArgument
from loupe_kit.testing import InMemoryObjectStore
from loupe_project.domain import tiles
from loupe_project.domain.image import Image, ImageState
from loupe_project.domain.intake.errors import ImageDamaged
from loupe_project.domain.tiles import Pyramid, Values, Window
from loupe_project.use_cases.tiles import Tiles

KEY, CUT = "projects/p/images/i", "projects/p/tiles/i.lpt"
WIDTH, HEIGHT = 1000, 600


def make_image(**fields: object) -> Image:
    given = {
        "id": "i", "project_id": "p", "file_name": "scan.tif", "sha256": "0" * 64, "format": "TIFF", "width": WIDTH,
        "height": HEIGHT, "size_bytes": 5, "object_key": KEY, "thumbnail_key": "projects/p/thumbnails/i.jpg",
        "state": ImageState.PENDING, "failure": None, "capture_time": None, "upload_time": datetime.now(UTC),
        "uploader": "users/u", "upload_batch_id": None, "source": "grpc",
    }  # fmt: skip
    return Image(**{**given, **fields})  # type: ignore[arg-type]


class FakeCutter:
    """Writes a pyramid whose tiles are their own numbers, once it is let."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        self.go = asyncio.Event()
        self.error: Exception | None = None

    async def cut(self, source: Path, image_format: str, target: Path) -> None:
        self.begun += 1
        try:
            await self.go.wait()
        finally:
            self.ended += 1
        if self.error is not None:
            raise self.error
        head, count = tiles.head_bytes(WIDTH, HEIGHT), tiles.tile_count(WIDTH, HEIGHT)
        values = Values(16, 0.0, 9.0, 1.0, 8.0, (1,))
        pyramid = Pyramid(WIDTH, HEIGHT, values, [(head + number, 1) for number in range(count)])
        await asyncio.to_thread(target.write_bytes, tiles.pack(pyramid) + bytes(range(count)))


class FakeRenderer:
    def render(self, tile: bytes, values: Values, window: Window) -> bytes:
        return b"%d in %g..%g" % (tile[0], window.low, window.high)


class Bench:
    def __init__(self, folder: Path, linger_seconds: float) -> None:
        self.objects = InMemoryObjectStore()
        self.cutter = FakeCutter()
        self.tiles = Tiles(self.objects, self.cutter, FakeRenderer(), folder, linger_seconds=linger_seconds)


@pytest.fixture
async def make(tmp_path: Path) -> Callable[..., Awaitable[Bench]]:
    async def made(*, linger_seconds: float = 0.0, data: bytes = b"bytes") -> Bench:
        bench = Bench(tmp_path / "tiles", linger_seconds)
        await bench.objects.put_bytes(KEY, data)
        return bench

    return made


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - fakes ring no bell
            await asyncio.sleep(0.005)


Make = Callable[..., Awaitable[Bench]]


async def test_tile__cut_once_for_all_who_wait(make: Make) -> None:
    bench = await make()
    asked = [asyncio.create_task(bench.tiles.tile(make_image(), 0, column, 1, None)) for column in (0, 1)]
    await until(lambda: bench.cutter.begun == 1)
    bench.cutter.go.set()

    assert await asyncio.gather(*asked) == [b"2 in 1..8", b"3 in 1..8"]
    assert await bench.tiles.tile(make_image(), 1, 0, 0, Window(2, 3)) == b"4 in 2..3"
    assert bench.cutter.begun == 1
    assert CUT in bench.objects.objects


async def test_tile__a_copy_has_those_of_the_first_one(make: Make) -> None:
    bench = await make()
    bench.cutter.go.set()
    await bench.tiles.pyramid(make_image())

    await bench.tiles.pyramid(make_image(id="copy", project_id="q"))

    assert bench.cutter.begun == 1


async def test_pyramid__ends_when_nobody_waits(make: Make) -> None:
    bench = await make()
    first, second = (asyncio.create_task(bench.tiles.pyramid(make_image())) for _ in range(2))
    await until(lambda: bench.cutter.begun == 1)

    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert bench.cutter.ended == 0
    second.cancel()
    await until(lambda: bench.cutter.ended == 1)

    assert CUT not in bench.objects.objects
    bench.cutter.go.set()
    assert (await bench.tiles.pyramid(make_image())).width == WIDTH


async def test_pyramid__goes_on_for_who_comes_back(make: Make) -> None:
    bench = await make(linger_seconds=3600)
    first = asyncio.create_task(bench.tiles.pyramid(make_image()))
    await until(lambda: bench.cutter.begun == 1)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)

    again = asyncio.create_task(bench.tiles.pyramid(make_image()))
    bench.cutter.go.set()

    assert (await again).height == HEIGHT
    assert bench.cutter.begun == 1


async def test_pyramid__of_pixels_that_cannot_be_decoded(make: Make) -> None:
    bench = await make()
    bench.cutter.error = OSError("broken")
    bench.cutter.go.set()

    with pytest.raises(ImageDamaged) as refusal:
        await bench.tiles.pyramid(make_image())

    assert refusal.value.metadata["file_name"] == "scan.tif"
    assert CUT not in bench.objects.objects


async def test_pyramid__of_an_image_that_was_deleted_meanwhile_is_not_kept(make: Make) -> None:
    bench = await make()
    asked = asyncio.create_task(bench.tiles.pyramid(make_image()))
    await until(lambda: bench.cutter.begun == 1)
    await bench.objects.delete(KEY)
    bench.cutter.go.set()
    await asyncio.gather(asked, return_exceptions=True)

    assert bench.objects.objects == {}


@pytest.mark.parametrize(("place", "field"), [((2, 0, 0), "level"), ((0, 2, 0), "column"), ((0, 0, -1), "row")])
async def test_tile__outside(make: Make, place: tuple[int, int, int], field: str) -> None:
    bench = await make()

    with pytest.raises(InvalidArgument) as refusal:
        await bench.tiles.tile(make_image(), *place, None)

    assert [one.field for one in refusal.value.fields] == [field]
    assert bench.cutter.begun == 0


def png_head(depth: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(8) + bytes([depth]) + bytes(50)


def webp(**options: bytes) -> bytes:
    target = io.BytesIO()
    Picture.new("RGB", (40, 30)).save(target, "WEBP", **options)
    return target.getvalue()


def turned() -> bytes:
    exif = Picture.Exif()
    exif[ExifTags.Base.Orientation] = 6
    return exif.tobytes()


@pytest.mark.parametrize(
    ("fields", "data", "expected"),
    [
        ({"format": "PNG"}, png_head(8), True),
        ({"format": "PNG"}, png_head(16), False),
        ({"format": "WEBP"}, webp(), True),
        ({"format": "WEBP"}, webp(exif=turned()), False),
        ({"format": "JPEG"}, b"", True),
        ({"format": "TIFF"}, b"", False),
        ({"format": "JPEG", "width": 20_000, "height": 20_000}, b"", False),
    ],
)
async def test_is_plain(make: Make, fields: dict[str, object], data: bytes, expected: bool) -> None:
    bench = await make(data=data)

    assert await bench.tiles.is_plain(make_image(**fields)) is expected


async def test_stop__ends_what_is_being_cut(make: Make) -> None:
    bench = await make(linger_seconds=3600)
    asked = asyncio.create_task(bench.tiles.pyramid(make_image()))
    await until(lambda: bench.cutter.begun == 1)

    await bench.tiles.stop()

    await asyncio.gather(asked, return_exceptions=True)
    assert bench.cutter.ended == 1
