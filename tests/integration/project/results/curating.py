"""What tests of selections, searches and splits do to a project."""

import io
from typing import Any

import grpc
import numpy as np
import pytest
from PIL import Image
from PIL.Image import Transpose

from loupe.project.v1 import curation_service_pb2 as pb
from loupe.project.v1 import image_pb2, search_service_pb2
from loupe_kit.status import from_rpc_error, from_status_proto
from loupe_project.domain.image import NewLabel
from tests.integration.project.results.harness import Bench

EVERYTHING = image_pb2.ImageSelector(query="")
OUTLIERS, DUPLICATES = pb.CurationRun.KIND_OUTLIERS, pb.CurationRun.KIND_DUPLICATES


def chosen(*image_ids: str) -> image_pb2.ImageSelector:
    return image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids(ids=image_ids))


async def call(bench: Bench, method: str, request: Any, who: Any = None) -> Any:
    return await getattr(bench.stub("Curation"), method)(request, metadata=who or bench.who)


async def refused(bench: Bench, method: str, request: Any, who: Any = None) -> str:
    """The reason for which a call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(bench, method, request, who)
    return from_rpc_error(caught.value).reason


def selection_request(bench: Bench, **more: Any) -> pb.CreateSelectionRequest:
    more.setdefault("selector", chosen(*bench.image_ids))
    more.setdefault("count", 5)
    return pb.CreateSelectionRequest(parent=bench.project, selection=pb.Selection(**more))


async def select(bench: Bench, who: Any = None, **more: Any) -> pb.Selection:
    asked = await call(bench, "CreateSelection", selection_request(bench, **more), who)
    done, _ = await bench.wait(asked.name)
    made = pb.Selection()
    assert done.response.Unpack(made), done
    return made


def run_request(bench: Bench, kind: Any, **more: Any) -> pb.CreateCurationRunRequest:
    more.setdefault("selector", chosen(*bench.image_ids))
    return pb.CreateCurationRunRequest(parent=bench.project, curation_run=pb.CurationRun(kind=kind, **more))


async def run(bench: Bench, kind: Any, **more: Any) -> pb.CurationRun:
    asked = await call(bench, "CreateCurationRun", run_request(bench, kind, **more))
    done, _ = await bench.wait(asked.name)
    made = pb.CurationRun()
    assert done.response.Unpack(made), done
    return made


async def failed(bench: Bench, operation: str) -> str:
    """The reason for which an operation failed."""
    done, _ = await bench.wait(operation)
    return from_status_proto(done.error).reason


async def picks(bench: Bench, name: str, who: Any = None) -> list[str]:
    """Ids of the picks, best first, read in pages of three."""
    found, token = [], ""
    while True:
        request = pb.ListPicksRequest(parent=name, page_size=3, page_token=token)
        page = await call(bench, "ListPicks", request, who)
        found += [one.image.rpartition("/")[2] for one in page.picks]
        token = page.next_page_token
        if not token:
            return found


async def matching(bench: Bench, query: str, who: Any = None, **more: Any) -> list[str]:
    request = search_service_pb2.SearchImagesRequest(parent=bench.project, query=query, page_size=1000, **more)
    found = await bench.stub("Search").SearchImages(request, metadata=who or bench.who)
    return [one.name.rpartition("/")[2] for one in found.images]


async def label(bench: Bench, image_ids: list[str], text: str) -> None:
    async with bench.parts.stores() as store:
        now = bench.parts.clock.now()
        await store.labels.put(
            bench.project.split("/")[1], {one: [NewLabel(text)] for one in image_ids}, "users/a", now
        )
        await store.commit()


async def delete(bench: Bench, *image_ids: str) -> None:
    async with bench.parts.stores() as store:
        await store.images.delete(bench.project.split("/")[1], image_ids, bench.parts.clock.now())
        await store.commit()


async def draw(bench: Bench, image_id: str, picture: Image.Image, kind: str = "PNG") -> None:
    """Give an image pixels."""
    target = io.BytesIO()
    picture.save(target, kind)
    key = f"projects/{bench.project.split('/')[1]}/images/{image_id}"
    await bench.parts.objects.put_bytes(key, target.getvalue())


def picture(seed: int = 0) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 9), np.uint8)
    return Image.fromarray(coarse).resize((120, 120), Image.Resampling.BICUBIC)


async def draw_duplicates(bench: Bench) -> None:
    """Make a group of five: a picture, itself as BMP, as JPEG, turned over, and one that cannot be read."""
    original, exact, near, other, broken = bench.image_ids[:5]
    await draw(bench, original, picture())
    await draw(bench, exact, picture(), "BMP")
    await draw(bench, near, picture(), "JPEG")
    await draw(bench, other, picture().transpose(Transpose.FLIP_LEFT_RIGHT))
    bench.curation.groups = [[near, other, exact, original, broken]]


async def with_duplicates(bench: Bench) -> pb.CurationRun:
    """A run over a group of duplicates, see `draw_duplicates`."""
    await draw_duplicates(bench)
    return await run(bench, DUPLICATES)
