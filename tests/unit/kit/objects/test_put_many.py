"""Many objects at once."""

from pathlib import Path

import pytest

from loupe_kit.objects import FolderObjectStore, ObjectKeyInvalid


async def test_put_many__bytes_and_files(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"from a file")
    store = FolderObjectStore(tmp_path / "store")
    await store.put_many([(f"a/{number}", b"%d" % number) for number in range(30)] + [("b/c", source)])
    assert [await store.read(f"a/{number}") for number in range(30)] == [b"%d" % number for number in range(30)]
    assert await store.read("b/c") == b"from a file"
    store.close()


async def test_put_many__nothing_is_left_of_a_failure(tmp_path: Path) -> None:
    store = FolderObjectStore(tmp_path / "store")
    with pytest.raises(FileNotFoundError):
        await store.put_many([("a", b"x"), ("b", tmp_path / "missing")])
    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []
    with pytest.raises(ObjectKeyInvalid):
        await store.put_many([("../a", b"x")])
    store.close()
