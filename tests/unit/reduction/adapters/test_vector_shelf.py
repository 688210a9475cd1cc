from __future__ import annotations

from pathlib import Path

from loupe_kit import ids
from loupe_reduction.adapters.vector_shelf import FolderShelf
from loupe_reduction.domain.features import FeatureSource, VectorSpace
from tests.unit.reduction.arrays import clusters

SPACE = VectorSpace(ids.new_id(), FeatureSource("efficientnet-lite0", "1"), of_objects=False)
OBJECTS = VectorSpace(SPACE.project_id, SPACE.source, of_objects=True)


def test_open__each_space_has_a_store_of_its_own(tmp_path: Path) -> None:
    values, _ = clusters(2)
    shelf = FolderShelf(tmp_path / "kept")
    one = ids.pack_ids([ids.new_id()])
    shelf.open(SPACE).append(one, values[:1])
    shelf.open(OBJECTS).append(one + b"\0\0" + one + b"\0\1", values)

    again = FolderShelf(tmp_path / "kept")

    assert set(again.spaces()) == {SPACE, OBJECTS}
    assert (len(again.open(SPACE)), len(again.open(OBJECTS))) == (1, 2)


def test_init__removes_what_is_empty_or_says_not_what_it_is(tmp_path: Path) -> None:
    FolderShelf(tmp_path).open(SPACE)
    (tmp_path / "of an older release").mkdir()
    (tmp_path / "of an older release" / "ids.bin").write_bytes(bytes(16))

    shelf = FolderShelf(tmp_path)

    assert (list(tmp_path.iterdir()), shelf.spaces()) == ([], [])
