"""A cell of the confusions of boxes opens exactly the images that it counts."""

import pytest

from loupe.project.v1 import evaluation_service_pb2 as pb
from loupe.project.v1 import search_service_pb2, search_service_pb2_grpc
from loupe_project.domain.image import Box, NewLabel
from loupe_project.domain.job import FoundBox
from tests.integration.project.conftest import Project
from tests.integration.project.quality.answers import find

HERE, THERE = (10.0, 10.0, 40.0, 40.0), (100.0, 100.0, 40.0, 40.0)
LABELS = {
    "right.png": [("scratch", HERE)],
    "confused.png": [("scratch", HERE)],
    "missed.png": [("scratch", HERE), ("dent", THERE)],
    "elsewhere.png": [("scratch", HERE)],
}
FOUND = {
    "right.png": [("scratch", HERE)],
    "confused.png": [("dent", HERE)],
    "missed.png": [("dent", THERE)],
    "elsewhere.png": [("scratch", THERE)],
}


@pytest.mark.parametrize(
    ("truth", "predicted", "names"),
    [
        ("scratch", "scratch", {"right.png"}),
        ("Scratch", "dent", {"confused.png"}),
        ("scratch", "", {"missed.png", "elsewhere.png"}),
        ("", "scratch", {"elsewhere.png"}),
        ("dent", "dent", {"missed.png"}),
        ("dent", "", set()),
    ],
)
async def test_keep_cell_images(project: Project, truth: str, predicted: str, names: set[str]) -> None:
    made, by = await project.make_project(), project.by(project.ada)
    for name, labels in LABELS.items():
        given = tuple(NewLabel(label, Box(*box)) for label, box in labels)
        image = await project.add_image(made.name, file_name=name, labels=given)
        await find(project, image, *(FoundBox(label, 0.9, *box) for label, box in FOUND[name]))

    measured = await project.evaluation.EvaluateModel(pb.EvaluateModelRequest(parent=made.name), metadata=by)
    wanted = pb.KeepCellImagesRequest(parent=made.name, truth=truth, predicted=predicted)
    kept = await project.evaluation.KeepCellImages(wanted, metadata=by)
    search = search_service_pb2_grpc.SearchServiceStub(project.server.channel)
    found = await search.SearchImages(
        search_service_pb2.SearchImagesRequest(parent=made.name, query=kept.query), metadata=by
    )

    assert {one.file_name for one in found.images} == names
    assert kept.image_count == len(names)
    counts = {(cell.truth, cell.predicted): cell.count for cell in measured.boxes.cells}
    # One box of each image here, so a cell counts as many images.
    assert counts.get((truth.lower(), predicted), 0) == len(names)
