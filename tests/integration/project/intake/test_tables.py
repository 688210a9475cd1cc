"""Metadata, labels and feature files beside images in one stream."""

import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from loupe.project.v1 import upload_batch_service_pb2 as pb
from tests.integration.project.intake.harness import Client, image_bytes, metadata_of, reason_of, zip_bytes


async def test_table__before_its_images(client: Client) -> None:
    rows = ["file_name,line,lot,temp,capture_time,tags,label", "x/a.png,L1,A7,21.5,2026-02-03T04:05:06Z,new;hot,dent"]
    table = "\n".join([*rows, "b.png,L2,,,,,"])
    answers, batch = await client.upload(
        ("metadata.csv", table.encode()), ("x/a.png", image_bytes()), ("y/b.png", image_bytes())
    )
    assert not answers["metadata.csv"].HasField("failure")
    assert answers["metadata.csv"].kind == pb.UploadedFile.KIND_METADATA
    assert (batch.metadata_count, batch.label_count, batch.refused_count) == (2, 1, 0)
    image = await client.image(answers["x/a.png"].image)
    assert dict(image.metadata) == {"line": "L1", "lot": "A7", "temp": 21.5}
    assert {tag.display_name for tag in image.tags} == {
        "source:grpc",
        "month:2026-02",
        "line:L1",
        "lot:A7",
        "new",
        "hot",
    }
    assert [label.display_name for label in image.labels] == ["dent"]
    assert image.capture_time.ToJsonString() == "2026-02-03T04:05:06Z"
    assert await client.notices(batch) == {("metadata.csv", 0): "TABLE_COLUMN_NEW"}


async def test_table__rows_that_find_no_image(client: Client) -> None:
    table = b"file_name,line\nnone.png,L1\nsame.png,L2\nx/same.png,L3\n../x.png,L4\n"
    answers, batch = await client.upload(
        ("x/same.png", image_bytes()), ("y/same.png", image_bytes()), ("metadata.csv", table)
    )
    assert await client.notices(batch) == {("metadata.csv", row): "TABLE_FILE_UNKNOWN" for row in (1, 2, 4)}
    assert (batch.metadata_count, batch.refused_count) == (1, 3)
    assert dict((await client.image(answers["x/same.png"].image)).metadata) == {"line": "L3"}


async def test_table__images_of_an_earlier_upload(client: Client) -> None:
    first, _ = await client.upload(("x/a.png", image_bytes()))
    _, batch = await client.upload(("metadata.jsonl", b'{"file": "x/a.png", "operator": "Kim"}\n'))
    assert batch.metadata_count == 1
    assert dict((await client.image(first["x/a.png"].image)).metadata) == {"operator": "Kim"}


async def test_table__finds_duplicates_by_their_new_name(client: Client) -> None:
    data = image_bytes()
    first, _ = await client.upload(("old.png", data))
    _, batch = await client.upload(("new.png", data), ("metadata.csv", b"file_name,line\nnew.png,L5\n"))
    assert batch.metadata_count == 1
    assert dict((await client.image(first["old.png"].image)).metadata) == {"line": "L5"}


async def test_table__unreadable(client: Client) -> None:
    answers, batch = await client.upload(("a.png", image_bytes()), ("metadata.csv", b"line,lot\nL1,A\n"))
    assert reason_of(answers["metadata.csv"].failure) == "TABLE_INVALID"
    assert (batch.image_counts.total, batch.refused_count) == (1, 1)


async def test_labels__boxes_and_coco(client: Client) -> None:
    labels = "file_name,label,x,y,width,height\na.png,dent,1,2,3,4\na.png,OK,,,,\na.png,dent,30,20,30,30\n"
    coco = {
        "images": [{"id": 1, "file_name": "b.png"}],
        "categories": [{"id": 1, "name": "crack"}],
        "annotations": [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 10, 10]}],
    }
    files = (
        ("a.png", image_bytes()),
        ("b.png", image_bytes()),
        ("labels.csv", labels.encode()),
        ("coco.json", json.dumps(coco).encode()),
    )
    answers, batch = await client.upload(*files)
    assert batch.label_count == 3
    assert await client.notices(batch) == {("labels.csv", 3): "BOX_OUTSIDE_IMAGE"}
    given = (await client.image(answers["a.png"].image)).labels
    assert sorted((label.display_name, label.box.width) for label in given) == [("OK", 0.0), ("dent", 3.0)]
    await client.upload(*files)
    assert len((await client.image(answers["a.png"].image)).labels) == 2
    assert len((await client.image(answers["b.png"].image)).labels) == 1


async def test_table__many_rows(client: Client) -> None:
    images = [(f"{number}.png", image_bytes(size=(8, 8))) for number in range(30)]
    rows = "".join(f"{number % 40}.png,L{number}\n" for number in range(3000))
    _, batch = await client.upload(*images, ("metadata.csv", b"file_name,line\n" + rows.encode()))
    assert (batch.metadata_count, batch.refused_count) == (2250, 750)


def _npy(array: object) -> bytes:
    target = io.BytesIO()
    np.save(target, array, allow_pickle=False)  # type: ignore[arg-type]
    return target.getvalue()


async def test_features__structured_npy(client: Client) -> None:
    array = np.zeros(3, dtype=[("image", "U40"), ("vector", "f4", (4,))])
    array["image"], array["vector"] = ["a.png", "b.png", "none.png"], np.arange(12).reshape(3, 4)
    array["vector"][1, 2] = np.nan
    answers, batch = await client.upload(
        ("f.npy", _npy(array)), ("a.png", image_bytes()), ("b.png", image_bytes()), feature_set="cnn-a"
    )
    assert answers["f.npy"].kind == pb.UploadedFile.KIND_FEATURES
    assert (batch.feature_count, batch.refused_count) == (1, 2)
    assert await client.notices(batch) == {("f.npy", 2): "FEATURE_NOT_FINITE", ("f.npy", 3): "TABLE_FILE_UNKNOWN"}
    image_id = answers["a.png"].image.split("/")[-1]
    np.testing.assert_array_equal(client.features.vectors[("cnn-a", image_id)], [0, 1, 2, 3])
    assert list((await client.image(answers["a.png"].image)).feature_sets) == ["cnn-a"]


@pytest.mark.parametrize("sidecar", ["f.csv", "f.txt"])
async def test_features__plain_npy_with_names(client: Client, sidecar: str) -> None:
    files = (("a.png", image_bytes()), ("b.png", image_bytes()))
    answers, batch = await client.upload(
        *files, (sidecar, b"a.png\nb.png\n"), ("f.npy", _npy(np.ones((2, 5), np.float32)))
    )
    assert (batch.feature_count, batch.refused_count) == (2, 0)
    assert sidecar not in answers


async def test_features__names_without_vectors(client: Client) -> None:
    answers, batch = await client.upload(("f.txt", b"a.png\n"))
    assert reason_of(answers["f.txt"].failure) == "FILE_TYPE_UNKNOWN"
    assert batch.refused_count == 1


async def test_features__wrong_length(client: Client) -> None:
    files = (("a.png", image_bytes()), ("b.png", image_bytes()))
    await client.upload(*files, ("f.csv", b"a.png\n"), ("f.npy", _npy(np.ones((1, 5), np.float32))))
    _, batch = await client.upload(("g.csv", b"b.png\n"), ("g.npy", _npy(np.ones((1, 7), np.float32))))
    assert await client.notices(batch) == {("g.npy", 1): "FEATURE_DIMENSION_MISMATCH"}
    found = await client.uploads.ListUploadNotices(pb.ListUploadNoticesRequest(parent=batch.name), metadata=client.who)
    assert metadata_of(found.notices[0].status) == {"file_name": "g.npy", "row": "1", "expected": "5", "given": "7"}


async def test_features__pickle_is_refused(client: Client) -> None:
    target = io.BytesIO()
    np.save(target, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    answers, _ = await client.upload(("f.npy", target.getvalue()))
    assert reason_of(answers["f.npy"].failure) == "FEATURE_FILE_INVALID"


def _parquet(folder: Path, vectors: list[list[float] | None], references: list[str], name: str = "image") -> bytes:
    table = pa.table({name: references, "vector": pa.array(vectors, type=pa.list_(pa.float32()))})
    pq.write_table(table, folder / "f.parquet")
    return (folder / "f.parquet").read_bytes()


async def test_features__parquet_by_id_and_name(client: Client, tmp_path: Path) -> None:
    answers, _ = await client.upload(("a.png", image_bytes()), ("b.png", image_bytes()), ("c.png", image_bytes()))
    image_id = answers["a.png"].image.split("/")[-1]
    data = _parquet(tmp_path, [[1, 2], [3, 4], [5, 6, 7], None], [image_id, answers["b.png"].image, "c.png", "c.png"])
    answers, batch = await client.upload(("f.parquet", data))
    assert batch.feature_count == 2
    assert await client.notices(batch) == {
        ("f.parquet", 3): "FEATURE_DIMENSION_MISMATCH",
        ("f.parquet", 4): "FEATURE_NOT_FINITE",
    }


async def test_features__damaged_parquet(client: Client, tmp_path: Path) -> None:
    data = _parquet(tmp_path, [[1, 2]], ["a.png"])
    answers, _ = await client.upload(("f.parquet", data[:60]), ("g.parquet", _parquet(tmp_path, [[1.0]], ["a"], "who")))
    assert reason_of(answers["f.parquet"].failure) == "FEATURE_FILE_INVALID"
    assert reason_of(answers["g.parquet"].failure) == "FEATURE_FILE_INVALID"


async def test_features__in_an_archive_with_everything(client: Client) -> None:
    data = zip_bytes(
        [
            ("f/f.npy", _npy(np.ones((2, 5), np.float32))),
            ("f/f.txt", b"a.png\nb.png\n"),
            ("a.png", image_bytes()),
            ("b.png", image_bytes()),
        ]
    )
    _, batch = await client.upload_zip(data)
    assert (batch.feature_count, batch.refused_count, batch.image_counts.total) == (2, 0, 2)
