from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loupe_gateway import multipart
from loupe_gateway.multipart import FileBegin, FileBytes, FormField
from loupe_gateway.routes import upload
from loupe_kit.errors import InvalidArgument

TYPE = "multipart/form-data; boundary=edge"


def _form(*parts: tuple[str, bytes]) -> bytes:
    return (
        b"".join(
            f"--edge\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + body + b"\r\n"
            for head, body in parts
        )
        + b"--edge--\r\n"
    )


async def _pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def _events(data: bytes, size: int = 7, kind: str = TYPE) -> list[multipart.Event]:
    merged: list[multipart.Event] = []
    async for event in multipart.read(kind, _pieces(data, size)):
        if isinstance(event, FileBytes) and merged and isinstance(merged[-1], FileBytes):
            merged[-1] = FileBytes(merged[-1].data + event.data)
        else:
            merged.append(event)
    return merged


@settings(deadline=None, max_examples=60)
@given(body=st.binary(max_size=400), size=st.integers(1, 64))
async def test_read__any_bytes_in_any_pieces(body: bytes, size: int) -> None:
    data = _form(('name="display_name"', b"Line 3"), ('name="file"; filename="a/b.png"', body))

    events = await _events(data, size)

    expected = [FormField("display_name", "Line 3"), FileBegin("a/b.png"), *([FileBytes(body)] if body else [])]
    assert events == expected


async def test_read__korean_file_name() -> None:
    events = await _events(_form(('name="file"; filename="스크래치.png"', b"x")))

    assert events[0] == FileBegin("스크래치.png")


@pytest.mark.parametrize("data", [b"", b"nonsense", _form(('name="file"; filename="a.png"', b"abc"))[:-12]])
async def test_read__damaged_or_cut_short(data: bytes) -> None:
    with pytest.raises(InvalidArgument, match="form"):
        await _events(data)


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", ""])
async def test_read__no_form(kind: str) -> None:
    with pytest.raises(InvalidArgument, match="multipart/form-data"):
        await _events(b"{}", kind=kind)


async def test_read__field_too_long() -> None:
    with pytest.raises(InvalidArgument, match="display_name"):
        await _events(_form(('name="display_name"', b"x" * 300_000)), size=65536)


async def test_upload_messages__header_then_files_in_chunks() -> None:
    data = _form(
        ('name="feature_set"', b"line-model"),
        ('name="image"', b'{"tags": ["train"], "image": {"metadata": {"line": "L3"}}}'),
        ('name="file"; filename="a.png"', b"A" * 5),
        ('name="file"; filename="b.png"', b""),
    )

    sent = [message async for message in upload.upload_messages(TYPE, _pieces(data, 10_000), "projects/p")]

    assert [message.WhichOneof("payload") for message in sent] == ["header", "file", "chunk", "file"]
    assert (sent[0].header.parent, sent[0].header.feature_set, sent[0].header.source) == (
        "projects/p",
        "line-model",
        "http",
    )
    assert sent[1].file.file_name == "a.png"
    assert list(sent[1].file.tags) == ["train"]
    assert sent[1].file.image.metadata["line"] == "L3"
    assert list(sent[3].file.tags) == []


async def test_upload_messages__large_file_stays_under_the_message_limit() -> None:
    data = _form(('name="file"; filename="a.bin"', b"A" * 3_000_000))

    sent = [message async for message in upload.upload_messages(TYPE, _pieces(data, 2_000_000), "projects/p")]

    chunks = [message.chunk for message in sent if message.HasField("chunk")]
    assert max(map(len, chunks)) <= 1024 * 1024
    assert sum(map(len, chunks)) == 3_000_000


@pytest.mark.parametrize(
    "part",
    [('name="colour"', b"red"), ('name="image"', b"{"), ('name="image"', b'{"nonsense": 1}')],
)
async def test_upload_messages__bad_field(part: tuple[str, bytes]) -> None:
    data = _form(part, ('name="file"; filename="a.png"', b"x"))

    with pytest.raises(InvalidArgument):
        _ = [message async for message in upload.upload_messages(TYPE, _pieces(data, 100), "projects/p")]
