"""Images over one stream: what is taken, what is refused and why."""

import asyncio
import hashlib
import io
import struct
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from PIL import Image

from loupe.inference.v1 import task_pb2
from loupe.project.v1 import upload_batch_service_pb2 as pb
from loupe_kit.caller import Caller, CallerKind
from loupe_kit.ids import new_id
from loupe_kit.testing import InMemoryObjectStore
from tests.integration.project.intake.harness import Client, image_bytes, messages, reason_of, served, zip_bytes

_END_OF_PNG = 12


async def test_upload__images_are_there(client: Client) -> None:
    answers, batch = await client.upload(("a/1.png", image_bytes()), ("2.jpg", image_bytes("JPEG")))
    assert set(answers) == {"a/1.png", "2.jpg"}
    assert (batch.image_counts.total, batch.state) == (2, pb.UploadBatch.STATE_FINISHED)
    image = await client.image(answers["a/1.png"].image)
    assert (image.file_name, image.format, image.width, image.height) == ("a/1.png", "PNG", 40, 30)
    assert {tag.display_name for tag in image.tags} >= {"source:grpc"}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF", "WEBP"])
async def test_upload__formats(client: Client, kind: str) -> None:
    answers, _ = await client.upload(("a.bin", image_bytes(kind)))
    image = await client.image(answers["a.bin"].image)
    assert image.format == kind


def several(kind: str) -> bytes:
    """Three pictures in one file."""
    target = io.BytesIO()
    first, *others = (Image.new("RGB", (40, 30), color) for color in ("red", "green", "blue"))
    first.save(target, kind, save_all=True, append_images=others)
    return target.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
async def test_upload__of_several_pictures_the_first_is_taken_and_the_others_are_told(
    client: Client, kind: str
) -> None:
    answers, batch = await client.upload(("a.bin", several(kind)), ("b.bin", image_bytes(kind)))

    assert await client.notices(batch) == {("a.bin", 0): "IMAGE_FRAMES_LEFT_OUT"}
    assert (batch.image_counts.total, batch.refused_count) == (2, 0)
    assert not answers["a.bin"].HasField("failure")


async def test_upload_zip__of_several_pictures_the_first_is_taken_and_the_others_are_told(client: Client) -> None:
    _, batch = await client.upload_zip(zip_bytes([("a.tif", several("TIFF"))]))

    assert await client.notices(batch) == {("cells.zip/a.tif", 0): "IMAGE_FRAMES_LEFT_OUT"}
    assert batch.image_counts.total == 1


async def test_upload__facts_of_the_sender(client: Client) -> None:
    begin = pb.UploadFile(file_name="a.png", tags=["new", "line:L9"])
    begin.image.metadata.update({"line": "L1", "temp": 21.5, "ok": True})
    begin.image.labels.add(display_name="dent")
    begin.image.capture_time.FromJsonString("2026-11-22T08:00:00Z")
    answers, _ = await client.upload((begin, image_bytes()))
    image = await client.image(answers["a.png"].image)
    assert {tag.display_name for tag in image.tags} == {"source:grpc", "month:2026-11", "line:L1", "new"}
    assert dict(image.metadata) == {"line": "L1", "temp": 21.5, "ok": True}
    assert image.labels[0].display_name == "dent"


async def test_upload__box_outside_its_image(client: Client) -> None:
    begin = pb.UploadFile(file_name="a.png")
    label = begin.image.labels.add(display_name="dent")
    label.box.x, label.box.y, label.box.width, label.box.height = 30, 20, 30, 30
    answers, _ = await client.upload((begin, image_bytes()))
    assert reason_of(answers["a.png"].failure) == "BOX_OUTSIDE_IMAGE"


async def test_upload__capture_time_of_the_camera(client: Client) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2026:03:04 05:06:07"
    answers, _ = await client.upload(("a.jpg", image_bytes("JPEG", exif=exif.tobytes())))
    image = await client.image(answers["a.jpg"].image)
    assert image.capture_time.ToJsonString() == "2026-03-04T05:06:07Z"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
async def test_upload__size_and_thumbnail_are_the_right_way_up(client: Client, kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    bright = Image.new("L", (400, 200))
    bright.paste(255, (0, 0, 200, 100))
    target = io.BytesIO()
    bright.convert("RGB").save(target, kind, exif=exif)
    answers, _ = await client.upload(("a.bin", target.getvalue()))
    image = await client.image(answers["a.bin"].image)
    with Image.open(io.BytesIO(await client.thumbnail(image.name))) as small:
        corners = np.asarray(small.convert("L").resize((2, 2), Image.Resampling.BOX)) > 127
        shape = small.size
    is_sideways = orientation >= 5
    assert (image.width, image.height) == ((200, 400) if is_sideways else (400, 200))
    assert shape == ((128, 256) if is_sideways else (256, 128))
    # Where the upper left corner of the file is on the screen, as the EXIF standard has it: row, column.
    expected = {1: (0, 0), 2: (0, 1), 3: (1, 1), 4: (1, 0), 5: (0, 0), 6: (0, 1), 7: (1, 1), 8: (1, 0)}[orientation]
    assert np.argwhere(corners).tolist() == [list(expected)]


async def test_upload__sixteen_bits(client: Client) -> None:
    pixels = (np.arange(40 * 40, dtype=np.uint16) * 40).reshape(40, 40)
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "PNG")
    answers, _ = await client.upload(("a.png", target.getvalue()))
    assert not answers["a.png"].HasField("failure")
    with Image.open(io.BytesIO(await client.thumbnail(answers["a.png"].image))) as small:
        assert small.mode == "L"
        assert np.asarray(small).max() > 200


def _bomb_png(width: int, height: int) -> bytes:
    """A PNG whose header promises far more pixels than it has bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))

    header = struct.pack(">2L5B", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def _text_bomb_png() -> bytes:
    """A small PNG with a compressed text that unpacks to 100 MB."""
    data = image_bytes()
    text = b"Comment\x00\x00" + zlib.compress(bytes(100_000_000), 9)
    chunk = struct.pack(">L", len(text)) + b"zTXt" + text + struct.pack(">L", zlib.crc32(b"zTXt" + text))
    return data[:33] + chunk + data[33:]


def _absurd_tiff() -> bytes:
    """A TIFF whose only strip claims four gigabytes."""
    tags = [(256, 4, 1, 300), (257, 4, 1, 300), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8),
            (277, 3, 1, 1), (278, 4, 1, 300), (279, 4, 1, 0xFFFFFFF0)]  # fmt: skip
    entries = b"".join(struct.pack("<2HLL", *tag) for tag in tags)
    return b"II*\x00" + struct.pack("<LH", 8, len(tags)) + entries + bytes(4)


_BAD = {
    "not an image": (b"MZ\x90\x00" + bytes(100), "FILE_TYPE_UNKNOWN"),
    "text": (b"hello", "FILE_TYPE_UNKNOWN"),
    "empty": (b"", "FILE_EMPTY"),
    "only a signature": (b"\x89PNG\r\n\x1a\n", "IMAGE_DAMAGED"),
    "png cut in half": (image_bytes()[:2000], "IMAGE_DAMAGED"),
    "png without its end": (image_bytes()[:-_END_OF_PNG], "IMAGE_DAMAGED"),
    "png with a wrong byte": (image_bytes(seed=1)[:1000] + b"XXXX" + image_bytes(seed=1)[1004:], "IMAGE_DAMAGED"),
    "jpeg cut in half": (image_bytes("JPEG", (600, 600))[:20_000], "IMAGE_DAMAGED"),
    "webp cut in half": (image_bytes("WEBP", (200, 200))[:3000], "IMAGE_DAMAGED"),
    "bmp cut in half": (image_bytes("BMP", (200, 200))[:60_000], "IMAGE_DAMAGED"),
    "tiff cut in half": (image_bytes("TIFF", (200, 200))[:60_000], "IMAGE_DAMAGED"),
    "too many pixels": (_bomb_png(60_000, 60_000), "IMAGE_TOO_MANY_PIXELS"),
    "pixels that are not there": (_bomb_png(5_000, 5_000), "IMAGE_DAMAGED"),
    "text bomb": (_text_bomb_png(), "IMAGE_DAMAGED"),
    "absurd strip": (_absurd_tiff(), "IMAGE_DAMAGED"),
    "feature file of nothing": (b"\x93NUMPY", "FEATURE_FILE_INVALID"),
}


@pytest.mark.parametrize("case", _BAD)
async def test_upload__bad_file_is_named_and_the_rest_lands(client: Client, case: str) -> None:
    data, reason = _BAD[case]
    answers, batch = await client.upload(
        ("good.png", image_bytes()), ("bad.bin", data), ("fine.jpg", image_bytes("JPEG"))
    )
    assert reason_of(answers["bad.bin"].failure) == reason
    assert "bad.bin" in answers["bad.bin"].failure.message
    assert (batch.image_counts.total, batch.refused_count) == (2, 1)
    assert await client.notices(batch) == {("bad.bin", 0): reason}
    assert len(await client.object_keys()) == 2


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "C:\\a.png", "", "a\x01.png", "x" * 501])
async def test_upload__bad_name(client: Client, name: str) -> None:
    answers, batch = await client.upload((name, image_bytes()), ("good.png", image_bytes()))
    bad = next(answer for answer in answers.values() if answer.HasField("failure"))
    assert reason_of(bad.failure) == "FILE_NAME_INVALID"
    assert batch.image_counts.total == 1


async def test_upload__checksum(client: Client) -> None:
    data = image_bytes()
    right = pb.UploadFile(file_name="right.png", sha256=hashlib.sha256(data).hexdigest())
    wrong = pb.UploadFile(file_name="wrong.png", sha256="0" * 64)
    answers, batch = await client.upload((right, data), (wrong, image_bytes()))
    assert not answers["right.png"].HasField("failure")
    assert reason_of(answers["wrong.png"].failure) == "CHECKSUM_MISMATCH"
    assert batch.image_counts.total == 1


async def test_upload__same_bytes_are_one_image(client: Client) -> None:
    data = image_bytes()
    answers, batch = await client.upload(("a.png", data), ("b.png", data))
    assert answers["a.png"].image == answers["b.png"].image
    assert sorted((answers["a.png"].duplicate, answers["b.png"].duplicate)) == [False, True]
    assert (batch.image_counts.total, batch.duplicate_count) == (1, 1)
    again, batch = await client.upload(("c.png", data))
    assert (again["c.png"].image, again["c.png"].duplicate) == (answers["a.png"].image, True)
    assert await client.notices(batch) == {("c.png", 0): "IMAGE_DUPLICATE"}
    assert len(await client.object_keys()) == 1


async def test_upload__same_request_joins_its_batch(client: Client) -> None:
    request_id, data = new_id(), image_bytes()
    _, first = await client.upload(("a.png", data), request_id=request_id)
    _, second = await client.upload(("a.png", data), ("b.png", image_bytes()), request_id=request_id)
    assert first.name == second.name
    assert second.image_counts.total == 2


async def test_upload__large_files_go_over_disk(client: Client) -> None:
    data = image_bytes("BMP", (1500, 1500))
    answers, _ = await client.upload(("large.bmp", data), ("small.png", image_bytes()))
    image = await client.image(answers["large.bmp"].image)
    assert (image.size_bytes, image.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert [path for path in (client.folder / "spool").iterdir() if path.is_file()] == []


async def test_upload__too_large_is_refused_while_it_arrives(client: Client) -> None:
    limits = client.limits
    object.__setattr__(limits, "image_bytes", 1 << 20)
    answers, batch = await client.upload(("large.bmp", image_bytes("BMP", (900, 900))), ("good.png", image_bytes()))
    assert reason_of(answers["large.bmp"].failure) == "FILE_TOO_LARGE"
    assert batch.image_counts.total == 1


@pytest.mark.parametrize(
    "requests",
    [
        [],
        [pb.UploadFilesRequest(file=pb.UploadFile(file_name="a.png"))],
        [pb.UploadFilesRequest(chunk=b"x")],
    ],
)
async def test_upload__header_must_be_first(client: Client, requests: list[pb.UploadFilesRequest]) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in client.uploads.UploadFiles(iter(requests), metadata=client.who):
            pass
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_upload__bytes_before_a_file(client: Client) -> None:
    header = pb.UploadFilesRequest(header=pb.UploadHeader(parent=client.project))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in client.uploads.UploadFiles(
            iter([header, pb.UploadFilesRequest(chunk=b"x")]), metadata=client.who
        ):
            pass
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_upload__not_your_project(client: Client) -> None:
    client.caller = Caller(CallerKind.USER, new_id(), "Lee")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.upload(("a.png", image_bytes()))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_upload__answers_come_before_the_stream_ends(client: Client) -> None:
    call: Any = client.uploads.UploadFiles(metadata=client.who)
    for message in messages(client.project, [("a.png", image_bytes())]):
        await call.write(message)
    await call.write(pb.UploadFilesRequest(file=pb.UploadFile(file_name="b.png")))
    assert (await call.read()).HasField("begun")
    assert (await asyncio.wait_for(call.read(), 60)).file.file_name == "a.png"
    await call.done_writing()
    rest = [response async for response in call]
    assert reason_of(rest[0].file.failure) == "FILE_EMPTY"
    assert rest[-1].batch.image_counts.total == 1


async def test_upload__client_goes_away_in_the_middle(client: Client) -> None:
    call: Any = client.uploads.UploadFiles(metadata=client.who)
    whole = [(f"{number}.png", image_bytes()) for number in range(20)]
    for message in messages(client.project, whole):
        await call.write(message)
    half = image_bytes("BMP", (2000, 1000))
    await call.write(pb.UploadFilesRequest(file=pb.UploadFile(file_name="half.bmp")))
    for start in range(0, 5_000_000, 500_000):
        await call.write(pb.UploadFilesRequest(chunk=half[start : start + 500_000]))
    begun = await call.read()
    answered = [(await call.read()).file.file_name for _ in range(5)]
    call.cancel()
    watch = client.uploads.WatchUploadBatch(pb.WatchUploadBatchRequest(name=begun.begun.name), metadata=client.who)
    async for batch in watch:
        if batch.state == pb.UploadBatch.STATE_FINISHED:
            break
    there = await client.image_files()
    assert set(answered) <= set(there) <= {name for name, _ in whole}
    keys = await client.object_keys()
    assert len(keys) == len(there)
    assert {key.split("/")[3].removesuffix(".jpg") for key in keys} == set(there.values())
    assert [path for path in (client.folder / "spool").rglob("*") if path.is_file()] == []


async def test_watch__ends_when_nothing_is_pending(client: Client) -> None:
    _, batch = await client.upload(("bad.txt", b"hello"))
    seen = [
        one
        async for one in client.uploads.WatchUploadBatch(
            pb.WatchUploadBatchRequest(name=batch.name), metadata=client.who
        )
    ]
    assert [one.refused_count for one in seen] == [1]


async def test_list__pages(client: Client) -> None:
    for number in range(3):
        await client.upload(("a.txt", b"x"), ("b.txt", b"y"), display_name=str(number))
    names, token = [], ""
    while True:
        request = pb.ListUploadBatchesRequest(parent=client.project, page_size=2, page_token=token)
        page = await client.uploads.ListUploadBatches(request, metadata=client.who)
        names += [one.display_name for one in page.upload_batches]
        last, token = page.upload_batches[-1], page.next_page_token
        if not token:
            break
    assert names == ["2", "1", "0"]
    first = await client.uploads.ListUploadNotices(
        pb.ListUploadNoticesRequest(parent=last.name, page_size=1), metadata=client.who
    )
    second = await client.uploads.ListUploadNotices(
        pb.ListUploadNoticesRequest(parent=last.name, page_size=1, page_token=first.next_page_token),
        metadata=client.who,
    )
    assert {first.notices[0].file_name, second.notices[0].file_name} == {"a.txt", "b.txt"}
    assert second.next_page_token == ""


async def _tasks(client: Client, count: int) -> dict[str, task_pb2.AnalysisTask]:
    """Tasks of the queue by the image's id."""
    tasks: list[task_pb2.AnalysisTask] = []
    while len(tasks) < count:
        found = await client.parts.queue.claim("analysis.efficientnet-lite0", "test", count, timedelta(seconds=5))
        assert found
        tasks += [task_pb2.AnalysisTask.FromString(one.payload) for one in found]
    return {task.image_id: task for task in tasks}


async def test_upload__small_images_travel_with_their_tasks_where_the_store_is_far(tmp_path: Path) -> None:
    small, large = image_bytes(), image_bytes("BMP", (200, 200))
    async with served(tmp_path, objects=InMemoryObjectStore()) as client:
        client.project = await client.create_project()
        answers, _ = await client.upload(("small.png", small), ("large.bmp", large))
        tasks = await _tasks(client, 2)

    contents = {name: tasks[answer.image.rpartition("/")[2]].content for name, answer in answers.items()}
    assert contents == {"small.png": small, "large.bmp": b""}


async def test_upload__images_that_are_files_here_do_not_travel(client: Client) -> None:
    await client.upload(("small.png", image_bytes()))

    (task,) = (await _tasks(client, 1)).values()
    assert task.content == b""
