"""Maps and exports show nobody an image that is kept from him, also when it is kept from him afterwards."""

import io
import zipfile
from typing import Any

import grpc
import pytest

from loupe.project.v1 import analysis_service_pb2 as analyses
from loupe.project.v1 import export_service_pb2 as exports
from loupe.project.v1 import image_pb2, operation_service_pb2, search_service_pb2
from loupe.project.v1 import image_service_pb2 as images
from loupe_kit.caller import Caller
from loupe_kit.status import from_rpc_error
from loupe_project.domain.coordinates import Coordinates
from tests.integration.project.conftest import eventually
from tests.integration.project.results.harness import Bench, narrow

RESTRICTED = images.ImageAccess.MODE_RESTRICTED
EVERYTHING = image_pb2.ImageSelector(query="")


async def make_map(bench: Bench) -> str:
    wanted = analyses.Analysis(
        method=analyses.Analysis.METHOD_PCA,
        dimensions=2,
        selector=EVERYTHING,
        visibility=analyses.Analysis.VISIBILITY_SHARED,
    )
    request = analyses.CreateAnalysisRequest(parent=bench.project, analysis=wanted)
    asked = await bench.stub("Analysis").CreateAnalysis(request, metadata=bench.who)
    done, _ = await bench.wait(asked.name)
    made = analyses.Analysis()
    assert done.response.Unpack(made), done.error
    return str(made.name)


async def make_export(bench: Bench, who: Any) -> str:
    contents = [exports.Export.CONTENT_IMAGES, exports.Export.CONTENT_CSV]
    request = exports.CreateExportRequest(
        parent=bench.project, export=exports.Export(selector=EVERYTHING, contents=contents)
    )
    asked = await bench.stub("Export").CreateExport(request, metadata=who)
    watched = operation_service_pb2.WatchOperationRequest(name=asked.name)
    *_, done = [one async for one in bench.stub("Operation").WatchOperation(watched, metadata=who)]
    made = exports.Export()
    assert done.response.Unpack(made), done.error
    return str(made.name)


async def download(bench: Bench, name: str, who: Any) -> bytes:
    request = exports.DownloadExportRequest(name=name)
    return b"".join([piece.data async for piece in bench.stub("Export").DownloadExport(request, metadata=who)])


async def test_map__points_of_narrowed_images_are_blank_and_without_values(bench: Bench, viewer: Caller) -> None:
    name, who = await make_map(bench), bench.server.metadata(viewer)
    hidden = bench.image_ids[1]

    await narrow(bench, hidden)

    request = analyses.DownloadCoordinatesRequest(name=name)
    pieces = [one.data async for one in bench.stub("Analysis").DownloadCoordinates(request, metadata=who)]
    seen = Coordinates.decode(b"".join(pieces))
    mine = [one.data async for one in bench.stub("Analysis").DownloadCoordinates(request, metadata=bench.who)]
    everything = Coordinates.decode(b"".join(mine))
    assert hidden.replace("-", "") not in seen.ids.tobytes().hex()
    assert hidden.replace("-", "") in everything.ids.tobytes().hex()
    asked = analyses.GetPointValuesRequest(name=name, field="line")
    for caller, missing in ((who, 1), (bench.who, 0)):
        values = await bench.stub("Analysis").GetPointValues(asked, metadata=caller)
        codes = [values.codes[n : n + 4] for n in range(0, len(values.codes), 4)]
        assert codes.count(b"\xff\xff\xff\xff") == missing


async def test_facets__do_not_count_narrowed_images(bench: Bench, viewer: Caller) -> None:
    await narrow(bench, *bench.image_ids[:5])

    request = search_service_pb2.GetFacetsRequest(parent=bench.project, fields=["line", "is"])
    found = await bench.stub("Search").GetFacets(request, metadata=bench.server.metadata(viewer))
    page = await bench.stub("Search").SearchImages(
        search_service_pb2.SearchImagesRequest(parent=bench.project, page_size=3),
        metadata=bench.server.metadata(viewer),
    )

    assert sum(value.count for value in found.facets[0].values) == 15
    assert page.total_size == 15


async def test_export__holds_what_its_maker_sees(bench: Bench, viewer: Caller) -> None:
    who = bench.server.metadata(viewer)
    await narrow(bench, bench.image_ids[0])

    file = zipfile.ZipFile(io.BytesIO(await download(bench, await make_export(bench, who), who)))

    assert sum(name.startswith("images/") for name in file.namelist()) == 19
    assert bench.image_ids[0] not in file.read("images.csv").decode("utf-8-sig")


async def test_export__is_not_given_out_once_an_image_in_it_is_narrowed(bench: Bench, viewer: Caller) -> None:
    who = bench.server.metadata(viewer)
    name, owners = await make_export(bench, who), await make_export(bench, bench.who)
    assert await download(bench, name, who)

    await narrow(bench, bench.image_ids[3])

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await download(bench, name, who)
    assert from_rpc_error(refusal.value).reason == "EXPORT_NOT_FOUND"
    assert await download(bench, owners, bench.who)


async def test_export__deleted_images_do_not_lock_it(bench: Bench, viewer: Caller) -> None:
    who = bench.server.metadata(viewer)
    await narrow(bench, bench.image_ids[0])
    name = await make_export(bench, who)

    selector = image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids(ids=[bench.image_ids[1]]))
    request = images.DeleteImagesRequest(parent=bench.project, selector=selector)
    await bench.wait((await bench.stub("Image").DeleteImages(request, metadata=bench.who)).name)

    assert await download(bench, name, who)


async def test_audit__is_told_of_exports_and_downloads(bench: Bench) -> None:
    name = await make_export(bench, bench.who)
    await download(bench, name, bench.who)

    async def is_told() -> bool:
        return bool(bench.audit.told("export.download"))

    await eventually(is_told)
    (made,), (taken,) = bench.audit.told("export.create"), bench.audit.told("export.download")
    assert (made.target, made.details["images"], made.details["contents"]) == (name, "20", "IMAGES CSV")
    assert (taken.target, taken.actor, taken.details["images"]) == (name, f"users/{bench.caller.id}", "20")
