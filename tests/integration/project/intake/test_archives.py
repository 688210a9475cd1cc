"""Archives: what is taken out of them, what is refused, and imports that go on after a break."""

import asyncio
import contextlib
import json
import sqlite3
import sys
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import update

from loupe.project.v1 import operation_service_pb2
from loupe.project.v1 import upload_batch_service_pb2 as pb
from loupe_kit.caller import Caller, CallerKind
from loupe_project.adapters.sql.tables import operations
from loupe_project.use_cases.intake.import_request import ImportCheckpoint
from tests.integration.project.intake.harness import Client, image_bytes, reason_of, served, zip_bytes


def _response(operation: object) -> operation_service_pb2.ImportArchiveResponse:
    response = operation_service_pb2.ImportArchiveResponse()
    assert operation.response.Unpack(response), operation  # type: ignore[attr-defined]
    return response


async def test_import__images_tables_and_by_products(client: Client) -> None:
    same = image_bytes()
    data = zip_bytes(
        [
            ("metadata.csv", b"file_name,line,operator\nx/a.png,L1,Kim\nb.png,L2,Lee\nnone.png,L3,Park\n"),
            ("x/a.png", same),
            ("x/b.png", image_bytes()),
            ("x/again.png", same),
            ("labels.csv", b"file_name,label\na.png,dent\n"),
            ("__MACOSX/x/._a.png", b"rubbish"),
            (".DS_Store", b"rubbish"),
            ("readme.txt", b"hello"),
            ("empty.png", b""),
        ]
    )
    operation, batch = await client.upload_zip(data)
    response = _response(operation)
    assert (response.image_count, response.duplicate_count, response.refused_count) == (2, 1, 3)
    assert (response.metadata_count, response.label_count) == (2, 1)
    assert (batch.image_counts.total, batch.duplicate_count, batch.refused_count) == (2, 1, 3)
    assert (batch.state, batch.waiting_count) == (pb.UploadBatch.STATE_FINISHED, 0)
    notices = await client.notices(batch)
    duplicate = next(name for (name, _), reason in notices.items() if reason == "IMAGE_DUPLICATE")
    assert duplicate in ("cells.zip/x/a.png", "cells.zip/x/again.png")
    assert notices == {
        (duplicate, 0): "IMAGE_DUPLICATE",
        ("cells.zip/metadata.csv", 0): "TABLE_COLUMN_NEW",
        ("cells.zip/metadata.csv", 3): "TABLE_FILE_UNKNOWN",
        ("cells.zip/readme.txt", 0): "FILE_TYPE_UNKNOWN",
        ("cells.zip/empty.png", 0): "FILE_EMPTY",
    }
    files = await client.image_files()
    image = await client.image(f"{client.project}/images/{files['x/b.png']}")
    assert dict(image.metadata) == {"line": "L2", "operator": "Lee"}
    assert {tag.display_name for tag in image.tags} >= {"source:zip", "line:L2"}
    assert all("/spool/" not in key for key in await client.object_keys())


async def test_import__every_bad_entry_is_named_and_the_rest_lands(client: Client) -> None:
    up, link, high = zipfile.ZipInfo("up"), zipfile.ZipInfo("link.png"), zipfile.ZipInfo("high.png")
    up.filename = "../up.png"
    link.create_system, link.external_attr = 3, 0o120777 << 16
    data = zip_bytes(
        [
            ("good.png", image_bytes()),
            (up, image_bytes()),
            (link, b"/etc/passwd"),
            ("nested.zip", zip_bytes([("a.png", image_bytes())])),
            ("cut.png", image_bytes()[:1000]),
            ("bomb.bmp", bytes(40 << 20)),
            (high, image_bytes()),
        ]
    ).replace(b"high.png", b"\xff\xfe\xfdh.png")
    operation, batch = await client.upload_zip(data, "a.zip")
    assert _response(operation).image_count == 1
    notices = {name: reason for (name, _), reason in (await client.notices(batch)).items()}
    assert notices.pop(next(name for name in notices if "h.png" in name)) == "FILE_NAME_INVALID"
    assert notices == {
        "a.zip/../up.png": "ARCHIVE_ENTRY_REFUSED",
        "a.zip/link.png": "ARCHIVE_ENTRY_REFUSED",
        "a.zip/nested.zip": "ARCHIVE_ENTRY_REFUSED",
        "a.zip/cut.png": "IMAGE_DAMAGED",
        "a.zip/bomb.bmp": "ARCHIVE_ENTRY_REFUSED",
    }
    assert list(await client.image_files()) == ["good.png"]


async def test_import__korean_names_of_windows(client: Client) -> None:
    raw = "불량/셀.png".encode("cp949")
    data = zip_bytes([("x" * len(raw), image_bytes())]).replace(b"x" * len(raw), raw)
    await client.upload_zip(data)
    assert list(await client.image_files()) == ["불량/셀.png"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"PK\x05\x06", "ARCHIVE_DAMAGED"), (zip_bytes([("a.png", image_bytes())])[:-30], "ARCHIVE_DAMAGED")],
)
async def test_import__damaged_archive(client: Client, data: bytes, reason: str) -> None:
    operation, batch = await client.upload_zip(data, "a.zip")
    assert reason_of(operation.error) == reason
    assert await client.notices(batch) == {("a.zip", 0): reason}
    assert (batch.state, batch.refused_count) == (pb.UploadBatch.STATE_FINISHED, 1)
    assert await client.object_keys() == []


async def test_import__archive_of_no_bytes(client: Client) -> None:
    answers, _ = await client.upload(("a.zip", b""))
    assert reason_of(answers["a.zip"].failure) == "FILE_EMPTY"


@pytest.mark.parametrize("entries", [[], [("__MACOSX/._a.png", b"rubbish"), ("folder/", b"")]])
async def test_import__archive_without_files(client: Client, entries: list[tuple[str, bytes]]) -> None:
    operation, batch = await client.upload_zip(zip_bytes(entries))
    assert _response(operation).refused_count == batch.refused_count == 1
    assert await client.notices(batch) == {("cells.zip", 0): "FILE_EMPTY"}


async def test_import__unpacks_to_more_than_allowed(client: Client) -> None:
    limits = client.limits
    object.__setattr__(limits, "unpacked_bytes", 20_000)
    operation, batch = await client.upload_zip(zip_bytes([(f"{n}.png", image_bytes()) for n in range(20)]), "a.zip")
    assert reason_of(operation.error) == "ARCHIVE_TOO_LARGE"
    assert ("a.zip", 0) in await client.notices(batch)
    assert 0 < batch.image_counts.total < 20


async def test_import__the_same_archive_again_is_all_duplicates(client: Client) -> None:
    data = zip_bytes([(f"{number}.png", image_bytes()) for number in range(5)])
    await client.upload_zip(data)
    operation, batch = await client.upload_zip(data)
    response = _response(operation)
    assert (response.image_count, response.duplicate_count, batch.image_counts.total) == (0, 5, 0)


async def test_import__cancelled(client: Client) -> None:
    data = zip_bytes([(f"{number}.png", image_bytes(size=(100, 100))) for number in range(300)])
    answers, batch = await client.upload(("a.zip", data))
    name = answers["a.zip"].operation
    while not await client.image_files():  # noqa: ASYNC110 - the store tells nobody
        await asyncio.sleep(0.01)
    await client.operations.CancelOperation(
        operation_service_pb2.CancelOperationRequest(name=name), metadata=client.who
    )
    operation = await client.wait(name)
    assert reason_of(operation.error) == "OPERATION_CANCELLED"
    found = await client.uploads.GetUploadBatch(pb.GetUploadBatchRequest(name=batch.name), metadata=client.who)
    assert found.state == pb.UploadBatch.STATE_FINISHED
    assert 0 < found.image_counts.total < 300
    keys = await client.object_keys()
    assert len(keys) == found.image_counts.total


async def test_import__goes_on_after_kill_9(tmp_path: Path) -> None:
    same, data_dir, archive = image_bytes(), tmp_path / "data", tmp_path / "a.zip"
    entries = [(f"{number}.png", image_bytes(size=(100, 100))) for number in range(300)]
    table = b"file_name,line\n3.png,L1\n"
    archive.write_bytes(
        zip_bytes([*entries, ("same.png", same), ("twice.png", same), ("bad.png", b"hello"), ("metadata.csv", table)])
    )
    said = await _serve_until_killed(data_dir, archive, images=20)
    async with served(data_dir) as client:
        client.caller, client.project = Caller(CallerKind.USER, said["caller"], "Kim"), said["project"]
        operation = await client.wait(said["operation"])
        response = _response(operation)
        assert (response.image_count, response.duplicate_count, response.refused_count) == (301, 1, 1)
        batch = await client.uploads.GetUploadBatch(pb.GetUploadBatchRequest(name=said["batch"]), metadata=client.who)
        assert (batch.image_counts.total, batch.duplicate_count, batch.refused_count) == (301, 1, 1)
        assert (batch.metadata_count, batch.state) == (1, pb.UploadBatch.STATE_FINISHED)
        assert sorted((await client.notices(batch)).values()) == ["FILE_TYPE_UNKNOWN", "IMAGE_DUPLICATE"]
        assert len(await client.image_files()) == 301
        assert len(await client.object_keys()) == 301
        assert [path for path in (data_dir / "spool").rglob("*") if path.is_file()] == []


async def _serve_until_killed(data_dir: Path, archive: Path, images: int) -> dict[str, str]:
    """Start a process that imports an archive, and kill it once so many images are in."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.project.intake.dying_program", str(data_dir), str(archive),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    said: dict[str, str] = {}
    while not said:
        line = (await process.stdout.readline()).decode()
        assert line, "the program ended by itself"
        if line.startswith("SAID "):
            said = json.loads(line.removeprefix("SAID "))
    while _image_count(data_dir / "project.db") < images:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.005)
    process.kill()
    await process.communicate()
    assert _image_count(data_dir / "project.db") < 301
    return said


def _image_count(database: Path) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM images").fetchone()[0])


async def test_import__gives_up_on_an_archive_that_ends_the_process_each_time(client: Client) -> None:
    answers, _ = await client.upload(("a.zip", zip_bytes([("a.png", image_bytes())])))
    await client.wait(answers["a.zip"].operation)
    operation_id = answers["a.zip"].operation.split("/")[-1]
    async with client.parts.stores() as store:
        values = {"state": "PENDING", "checkpoint": ImportCheckpoint(runs=5).to_bytes(), "response": None}
        await store.session.execute(update(operations).where(operations.c.id == operation_id).values(values))  # type: ignore[attr-defined]
        await store.commit()
    client.parts.hub.wake(operation_id)
    done = await client.wait(answers["a.zip"].operation)
    assert reason_of(done.error) == "INTERNAL"
    assert "given up" in done.error.message
