"""Tiles over the wire: the right pixels of large images, for who may see them, in bounded memory."""

import io
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from loupe.project.v1 import image_service_pb2 as pb
from loupe_kit.caller import Caller
from loupe_kit.child import ChildProcess
from loupe_project.adapters.tiles import png
from tests.integration.project.conftest import Project, reason_of


def make_scan(side: int) -> NDArray[np.uint16]:
    """A pattern of 16 bits in which every place differs from its neighbours."""
    along = np.arange(side, dtype=np.uint16)
    return along * np.uint16(7) + (along * np.uint16(13))[:, None]


async def tile(project: Project, image: str, caller: Caller | None = None, **place: Any) -> NDArray[np.uint8]:
    call = project.images.DownloadImageTile(
        pb.DownloadImageTileRequest(name=image, **place), metadata=project.by(caller or project.ada)
    )
    pieces = [piece async for piece in call]
    assert {piece.content_type for piece in pieces} == {"image/png"}
    with Image.open(io.BytesIO(b"".join(piece.data for piece in pieces))) as drawn:
        return np.asarray(drawn)


async def add_scan(project: Project, side: int = 1500) -> tuple[str, NDArray[np.uint16]]:
    scan = make_scan(side)
    name = await project.add_image(
        (await project.make_project()).name, png.encode(scan[:, :, None]), width=side, height=side
    )
    return name, scan


async def pixels_of(project: Project, image: str, *, measure: bool = False) -> pb.ImagePixels:
    request = pb.GetImagePixelsRequest(name=f"{image}/pixels", measure=measure)
    found: pb.ImagePixels = await project.images.GetImagePixels(request, metadata=project.by(project.ada))
    return found


async def test_tiles__the_right_pixels_for_a_window(project: Project) -> None:
    image, scan = await add_scan(project)

    found = await pixels_of(project, image)
    drawn = await tile(project, image, column=1, row=2, low=1000, high=11_200)

    assert (found.plain, found.bits, found.tile_pixels, found.level_count) == (False, 16, 512, 3)
    assert (found.minimum, found.maximum, sum(found.histogram)) == (scan.min(), scan.max(), scan.size)
    expected = np.clip(np.rint((scan[1024:, 512:1024].astype(float) - 1000) / 40), 0, 255)
    assert np.array_equal(drawn, expected)
    assert (await tile(project, image, level=2)).shape == (375, 375)


async def test_tiles__measured_only_when_asked_where_browsers_show_the_file(project: Project) -> None:
    target = io.BytesIO()
    Image.new("L", (300, 200), 9).save(target, "PNG")
    image = await project.add_image((await project.make_project()).name, target.getvalue())

    assert (await pixels_of(project, image)) == pb.ImagePixels(name=f"{image}/pixels", plain=True)
    measured = await pixels_of(project, image, measure=True)
    assert (measured.plain, measured.bits, measured.maximum, list(measured.histogram)) == (True, 8, 9, [60_000])


async def test_tiles__not_for_who_may_not_see_the_image(project: Project) -> None:
    image, _ = await add_scan(project)
    await tile(project, image)

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await tile(project, image, project.bob)

    assert reason_of(refusal.value) == "PROJECT_NOT_FOUND"


@pytest.mark.parametrize(
    ("wish", "field"), [({"level": 9}, "level"), ({"low": 5.0}, "low"), ({"low": 5.0, "high": 5.0}, "low")]
)
async def test_tiles__what_there_is_not(project: Project, wish: dict[str, Any], field: str) -> None:
    image, _ = await add_scan(project, 600)

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await tile(project, image, **wish)

    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert field in (refusal.value.details() or "")


async def test_tiles__of_a_damaged_image(project: Project) -> None:
    image, scan = await add_scan(project, 600)
    project_id, image_id = image.split("/")[1::2]
    await project.parts.objects.put_bytes(
        f"projects/{project_id}/images/{image_id}", png.encode(scan[:, :, None])[:500]
    )

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await tile(project, image)

    assert reason_of(refusal.value) == "IMAGE_DAMAGED"


@pytest.mark.slow
async def test_tiles__a_scan_of_144_megapixels_in_little_memory(project: Project, tmp_path: Path) -> None:
    side = 12_000
    scan = make_scan(side)
    content = png.encode(scan[:, :, None])
    image = await project.add_image((await project.make_project()).name, content, width=side, height=side)
    source = tmp_path / "scan.png"
    source.write_bytes(content)

    async with ChildProcess("loupe_project.adapters.tiles.cutter:cut") as child:
        peak = await child.call((str(source), "PNG", str(tmp_path / "pyramid")))
    corner = await tile(project, image, column=23, row=23, low=0, high=65_535)

    # Less than the pixels alone, which take 288 MB.
    assert peak < 200_000_000
    expected = np.rint(scan[23 * 512 :, 23 * 512 :].astype(float) * (255 / 65_535))
    assert np.array_equal(corner, expected)
