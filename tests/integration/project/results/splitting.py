"""What tests of splits do to a project."""

from typing import Any

import grpc
import pytest

from loupe.project.v1 import image_pb2
from loupe.project.v1 import split_service_pb2 as pb
from loupe_kit.status import from_rpc_error, from_status_proto
from tests.integration.project.results.harness import Bench

TRAIN, VAL, TEST = pb.SPLIT_PART_TRAIN, pb.SPLIT_PART_VAL, pb.SPLIT_PART_TEST
HALVES = {"train_fraction": 0.5, "test_fraction": 0.5}
SIXTY = {"train_fraction": 0.6, "val_fraction": 0.2, "test_fraction": 0.2}


async def call(bench: Bench, method: str, request: Any, who: Any = None) -> Any:
    return await getattr(bench.stub("Split"), method)(request, metadata=who or bench.who)


async def refused(bench: Bench, method: str, request: Any, who: Any = None) -> str:
    """The reason for which a call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(bench, method, request, who)
    error = from_rpc_error(caught.value)
    return error.reason or error.code.name


def split_request(bench: Bench, **more: Any) -> pb.CreateSplitRequest:
    if "selection" not in more:
        more.setdefault("selector", image_pb2.ImageSelector(query=""))
    return pb.CreateSplitRequest(parent=bench.project, split=pb.Split(**more))


async def split(bench: Bench, who: Any = None, **more: Any) -> pb.Split:
    asked = await call(bench, "CreateSplit", split_request(bench, **more), who)
    done, _ = await bench.wait(asked.name, who)
    made = pb.Split()
    assert done.response.Unpack(made), done
    return made


async def failed(bench: Bench, **more: Any) -> str:
    """The reason for which a split fails."""
    asked = await call(bench, "CreateSplit", split_request(bench, **more))
    done, _ = await bench.wait(asked.name)
    return from_status_proto(done.error).reason


async def placed(bench: Bench, name: str, who: Any = None, **more: Any) -> list[pb.SplitImage]:
    """The images, read in pages of seven."""
    found, token = [], ""
    while True:
        request = pb.ListSplitImagesRequest(parent=name, page_size=7, page_token=token, **more)
        page = await call(bench, "ListSplitImages", request, who)
        found += page.split_images
        token = page.next_page_token
        if not token:
            return found


def id_of(one: Any) -> str:
    return str(one.image.rpartition("/")[2])
