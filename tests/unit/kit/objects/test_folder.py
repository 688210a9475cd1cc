from pathlib import Path

import pytest

from loupe_kit.objects import FolderObjectStore


def files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


async def test_put__failing_leaves_nothing(tmp_path: Path) -> None:
    store = FolderObjectStore(tmp_path)
    with pytest.raises(FileNotFoundError):
        await store.put_file("a/b", tmp_path / "nowhere")
    assert files(tmp_path) == []


async def test_put__failing_keeps_the_old_version(tmp_path: Path) -> None:
    store = FolderObjectStore(tmp_path)
    await store.put_bytes("a/b", b"old")
    with pytest.raises(FileNotFoundError):
        await store.put_file("a/b", tmp_path / "nowhere")
    assert await store.read("a/b") == b"old"
    assert files(tmp_path) == ["a/b"]


async def test_start__leftovers_of_a_crash_are_removed(tmp_path: Path) -> None:
    store = FolderObjectStore(tmp_path)
    await store.put_bytes("a", b"x")
    (tmp_path / ".tmp" / "half").write_bytes(b"half an image")
    again = FolderObjectStore(tmp_path)
    assert files(tmp_path) == ["a"]
    assert await again.read("a") == b"x"


async def test_put__synced_before_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    real_fsync, real_replace = __import__("os").fsync, Path.replace

    def fsync(descriptor: int) -> None:
        events.append("sync")
        real_fsync(descriptor)

    def replace(self: Path, target: Path) -> Path:
        events.append("rename")
        return real_replace(self, target)

    monkeypatch.setattr("os.fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    store = FolderObjectStore(tmp_path)
    await store.put_bytes("a", b"x")
    assert events == ["sync", "rename", "sync"]


async def test_local_path__below_the_root(tmp_path: Path) -> None:
    store = FolderObjectStore(tmp_path)
    assert store.local_path("a/b.jpg") == tmp_path / "a" / "b.jpg"
