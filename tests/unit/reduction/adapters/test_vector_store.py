from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from loupe_kit import ids
from loupe_reduction.adapters import vector_store
from loupe_reduction.adapters.vector_store import VectorStore
from tests.unit.reduction.arrays import clusters


def _filled(folder: Path, values: NDArray[np.float32], step: int = 70) -> tuple[VectorStore, bytes]:
    packed = ids.pack_ids([ids.new_id() for _ in values])
    store = VectorStore(folder)
    for start in range(0, len(values), step):
        store.append(packed[start * 16 : (start + step) * 16], values[start : start + step])
    return store, packed


def _exact(values: NDArray[np.float32], vector: NDArray[np.float32], among: NDArray[np.int64], count: int) -> list[int]:
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    likeness = unit[among] @ (vector / np.linalg.norm(vector))
    return list(among[np.argsort(-likeness, kind="stable")[:count]])


def test_nearest__as_by_hand_and_after_opening_again(tmp_path: Path) -> None:
    values, _ = clusters(300)
    store, packed = _filled(tmp_path, values)
    asked = values[7] + np.float32(0.1)

    rows, similarities = store.nearest(asked, np.arange(300), 10)

    wanted = _exact(values, asked, np.arange(300), 10)
    assert len(set(rows.tolist()) & set(wanted)) >= 9
    assert (np.diff(similarities) <= 0).all()
    truth = values[rows] @ asked / np.linalg.norm(values[rows], axis=1) / np.linalg.norm(asked)
    assert similarities == pytest.approx(truth, abs=0.01)
    again = VectorStore(tmp_path)
    assert (again.find(packed) == np.arange(300)).all()
    assert (again.nearest(asked, np.arange(300), 10)[0] == rows).all()


@given(among=st.sets(st.integers(0, 59)), count=st.integers(1, 70))
def test_nearest__only_what_is_allowed_and_never_short(
    tmp_path_factory: pytest.TempPathFactory, among: set[int], count: int
) -> None:
    values, _ = clusters(60)
    store, _ = _filled(tmp_path_factory.mktemp("store"), values)

    rows, _ = store.nearest(values[0], np.array(sorted(among), np.int64), count)

    assert set(rows.tolist()) <= among
    assert len(rows) == len(set(rows.tolist())) == min(count, len(among))


def test_append__known_and_unusable_vectors_are_passed_over(tmp_path: Path) -> None:
    values, _ = clusters(5)
    store, packed = _filled(tmp_path, values)
    bad = values.copy()
    bad[0, 0], bad[1] = np.nan, 0
    others = ids.pack_ids([ids.new_id() for _ in bad])

    store.append(packed, values + 1)
    store.append(others, bad)

    assert len(store) == 8
    assert store.find(others).tolist() == [-1, -1, 5, 6, 7]
    assert store.vector(3) == pytest.approx(values[3] / np.linalg.norm(values[3]), abs=0.01)


def test_append__goes_on_after_a_write_that_was_cut_short(tmp_path: Path) -> None:
    values, _ = clusters(20)
    store, packed = _filled(tmp_path, values[:10])
    with (tmp_path / "codes.i8").open("ab") as file:
        file.write(b"half a row")
    with (tmp_path / "scales.f32").open("ab") as file:
        file.write(b"ab")

    again = VectorStore(tmp_path)
    more = ids.pack_ids([ids.new_id() for _ in range(10)])
    again.append(more, values[10:])

    assert (again.find(packed + more) == np.arange(20)).all()
    assert again.vector(15) == pytest.approx(values[15] / np.linalg.norm(values[15]), abs=0.01)
    assert len(store) == 10


def test_cut__likely_parts_hold_the_neighbours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_store, "MOST_SCANNED", 500)
    monkeypatch.setattr(vector_store, "USUAL_DIMENSION", 1)
    monkeypatch.setattr(vector_store, "ROWS_A_PART", 40)
    monkeypatch.setattr(vector_store, "LEAST_PROBED", 8)
    values, _ = clusters(2000, groups=40)
    store, _ = _filled(tmp_path, values[:1600], step=400)
    assert store.is_to_be_cut

    store.cut()

    assert len(VectorStore(tmp_path)) == 1600
    store.append(ids.pack_ids([ids.new_id() for _ in range(400)]), values[1600:])
    everyone = np.arange(2000)
    hits = [
        len(set(store.nearest(values[row], everyone, 10)[0]) & set(_exact(values, values[row], everyone, 10)))
        for row in range(1500, 1700, 10)
    ]
    assert np.mean(hits) / 10 > 0.9
    # Who may see few images gets as many as there are.
    few = np.arange(0, 2000, 3)
    assert len(store.nearest(values[1], few, 300)[0]) == 300
    assert (VectorStore(tmp_path).nearest(values[3], everyone, 5)[0] == store.nearest(values[3], everyone, 5)[0]).all()


def test_nearest__more_parts_of_short_vectors_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_store, "MOST_SCANNED", 500)
    monkeypatch.setattr(vector_store, "ROWS_A_PART", 40)
    monkeypatch.setattr(vector_store, "LEAST_PROBED", 1)
    values = np.random.default_rng(0).normal(size=(2000, 16)).astype(np.float32)
    store, _ = _filled(tmp_path, values, step=400)
    store.cut()

    def recall(usual_dimension: int) -> float:
        monkeypatch.setattr(vector_store, "USUAL_DIMENSION", usual_dimension)
        everyone = np.arange(2000)
        near = [(store.nearest(one, everyone, 10)[0], _exact(values, one, everyone, 10)) for one in values[:40]]
        return float(np.mean([len(set(found) & set(exact)) / 10 for found, exact in near]))

    assert recall(16) < 0.8
    assert recall(16 * 20) > 0.9


def _bytes_of(folder: Path) -> bytes:
    return b"".join(one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file())


def test_forget__nothing_of_the_rows_stays_and_the_others_do_not_move(tmp_path: Path) -> None:
    values, _ = clusters(30)
    store, packed = _filled(tmp_path, values)
    gone = [3, 4, 29]
    stays = [row for row in range(30) if row not in gone]
    before = [(tmp_path / "codes.i8").read_bytes()[row * 64 : (row + 1) * 64] for row in range(30)]
    vectors = [store.vector(row) for row in stays]

    store.forget(b"".join(packed[row * 16 : (row + 1) * 16] for row in gone))

    again = VectorStore(tmp_path)
    for opened in (store, again):
        assert opened.find(packed).tolist() == [-1 if row in gone else row for row in range(30)]
        assert all((opened.vector(row) == vector).all() for row, vector in zip(stays, vectors, strict=True))
        assert not opened.is_to_be_emptied
    left = _bytes_of(tmp_path)
    assert all(before[row] not in left and packed[row * 16 : (row + 1) * 16] not in left for row in gone)
    # Whoever is read again gets a row of its own.
    again.append(packed[48:64], values[3:4])
    assert again.find(packed[48:64]).tolist() == [30]


def test_forget__all_objects_of_an_image(tmp_path: Path) -> None:
    values, _ = clusters(4)
    one, other = ids.pack_ids([ids.new_id()]), ids.pack_ids([ids.new_id()])
    objects = [one + b"\0\0", one + b"\0\1", other + b"\0\0", other + b"\0\1"]
    store = VectorStore(tmp_path, 18)
    store.append(b"".join(objects), values)

    store.forget(one)

    assert store.find(b"".join(objects)).tolist() == [-1, -1, 2, 3]


def test_empty__where_most_was_forgotten(tmp_path: Path) -> None:
    values, _ = clusters(10)
    store, packed = _filled(tmp_path, values)
    store.forget(packed[: 6 * 16])
    assert store.is_to_be_emptied

    store.empty()

    assert (len(store), store.dimension, _bytes_of(tmp_path)) == (0, 0, b"")
    store.append(packed[:16], values[:1, :8])
    assert (len(VectorStore(tmp_path)), VectorStore(tmp_path).dimension) == (1, 8)


def test_nearest__after_forgetting_in_a_store_that_was_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_store, "MOST_SCANNED", 100)
    monkeypatch.setattr(vector_store, "ROWS_A_PART", 40)
    values, _ = clusters(400)
    store, packed = _filled(tmp_path, values)
    store.cut()
    store.forget(packed[: 100 * 16])
    rows = store.find(packed)

    assert set(store.nearest(values[0], rows[rows >= 0], 300)[0].tolist()) == set(range(100, 400))
    store.cut()
    assert set(store.nearest(values[0], rows[rows >= 0], 300)[0].tolist()) == set(range(100, 400))
