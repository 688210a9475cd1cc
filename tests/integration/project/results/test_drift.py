"""DriftService through a real server: scores of outliers, judged by day and by line."""

from typing import Any

import grpc
import pytest
from sqlalchemy import update

from loupe.project.v1 import curation_service_pb2, image_pb2, search_service_pb2
from loupe.project.v1 import drift_service_pb2 as pb
from loupe_kit.caller import Caller
from loupe_kit.status import from_rpc_error
from loupe_kit.testing import make_user
from loupe_project.adapters.sql.tables import outlier_scores
from tests.integration.project.results.harness import Bench, narrow

QUIET, RETRAIN = pb.DriftGroup.VERDICT_QUIET, pb.DriftGroup.VERDICT_RETRAIN


def chosen(image_ids: list[str]) -> image_pb2.ImageSelector:
    return image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids(ids=image_ids))


async def score(bench: Bench, *, with_reference: bool = True) -> list[str]:
    """Scores the later 50 images against the first 20: those of line L1 are unlike them. Gives back the unlike ones."""
    later = await bench.add_images(50)
    run = curation_service_pb2.CurationRun(
        kind=curation_service_pb2.CurationRun.KIND_OUTLIERS,
        selector=chosen(later),
        reference=image_pb2.ImageSelector(query="meta.temp<80") if with_reference else None,
    )
    request = curation_service_pb2.CreateCurationRunRequest(parent=bench.project, curation_run=run)
    asked = await bench.stub("Curation").CreateCurationRun(request, metadata=bench.who)
    await bench.wait(asked.name)
    unlike = [one for number, one in enumerate(later, start=20) if number % 3 == 1]
    async with bench.parts.stores() as store:
        unit: Any = store
        await unit.session.execute(update(outlier_scores).values(score=0.5))
        await unit.session.execute(
            update(outlier_scores).where(outlier_scores.c.image_id.in_(unlike)).values(score=1.0)
        )
        await store.commit()
    return unlike


async def measure(bench: Bench, group_by: str = "", who: Any = None) -> pb.MeasureDriftResponse:
    request = pb.MeasureDriftRequest(parent=bench.project, group_by=group_by)
    answer: pb.MeasureDriftResponse = await bench.stub("Drift").MeasureDrift(request, metadata=who or bench.who)
    return answer


async def refused(bench: Bench, group_by: str = "", who: Any = None) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await measure(bench, group_by, who)
    error = from_rpc_error(caught.value)
    return error.reason or error.code.name


async def found(bench: Bench, query: str) -> set[str]:
    request = search_service_pb2.SearchImagesRequest(parent=bench.project, query=query, page_size=1000)
    answer = await bench.stub("Search").SearchImages(request, metadata=bench.who)
    return {one.name.rpartition("/")[2] for one in answer.images}


async def test_measure_drift__by_line(bench: Bench) -> None:
    unlike = await score(bench)

    answer = await measure(bench, "line")

    # Every seventh of the 20 has no features.
    assert answer.reference_count == 18
    first, *others = answer.drift_groups
    assert (first.value, first.verdict, first.unlike_share, first.image_count) == ("L1", RETRAIN, 1.0, len(unlike))
    assert [one.verdict for one in others] == [QUIET, QUIET]
    assert first.sentence.startswith(f"line L1: 100% of {len(unlike)} images are unlike anything in the reference")
    assert "재학습 권장" in first.sentence_ko
    assert await found(bench, first.query) == set(unlike)


async def test_measure_drift__by_day(bench: Bench) -> None:
    unlike = await score(bench)

    (day,) = (await measure(bench)).drift_groups

    # A third of the images, but 18 of the reference say too little of what is usual.
    assert (day.value, day.verdict) == ("2026-11-20", QUIET)
    assert day.unlike_share == pytest.approx(len(unlike) / day.image_count)
    assert await found(bench, day.query) == set(unlike)


async def test_measure_drift__without_a_reference(bench: Bench) -> None:
    assert await refused(bench) == "CURATION_RUN_NOT_READY"
    await score(bench, with_reference=False)
    assert await refused(bench) == "CURATION_RUN_NOT_READY"


@pytest.mark.parametrize("group_by", ["conf", "tag", "nonsense", "box"])
async def test_measure_drift__by_what_is_no_group(bench: Bench, group_by: str) -> None:
    assert await refused(bench, group_by) == "INVALID_ARGUMENT"


async def test_measure_drift__rights(bench: Bench, viewer: Caller) -> None:
    unlike = await score(bench)
    await narrow(bench, *unlike)

    seen = (await measure(bench, "line", bench.server.metadata(viewer))).drift_groups

    assert {one.value for one in seen} == {"L0", "L2"}
    assert {one.verdict for one in seen} == {QUIET}
    assert await refused(bench, "", bench.server.metadata(make_user())) == "PROJECT_NOT_FOUND"
