from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from loupe_kit import ids
from loupe_reduction.adapters import vector_parts, vector_store
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


def _mask(count: int, rows: Iterable[int]) -> NDArray[np.bool_]:
    among = np.zeros(count, np.bool_)
    among[list(rows)] = True
    return among


def _all(count: int) -> NDArray[np.bool_]:
    return np.ones(count, np.bool_)


def _is_near(unit: NDArray[np.float32], value: NDArray[np.float32]) -> bool:
    return bool(np.allclose(unit, value / np.linalg.norm(value), atol=0.01))


def test_nearest__as_by_hand_and_after_opening_again(tmp_path: Path) -> None:
    values, _ = clusters(300)
    store, packed = _filled(tmp_path, values)
    asked = values[7] + np.float32(0.1)

    rows, similarities = store.nearest(asked, _all(300), 10)

    wanted = _exact(values, asked, np.arange(300), 10)
    assert len(set(rows.tolist()) & set(wanted)) >= 9
    assert (np.diff(similarities) <= 0).all()
    truth = values[rows] @ asked / np.linalg.norm(values[rows], axis=1) / np.linalg.norm(asked)
    assert similarities == pytest.approx(truth, abs=0.01)
    again = VectorStore(tmp_path)
    assert (again.find(packed) == np.arange(300)).all()
    assert (again.nearest(asked, _all(300), 10)[0] == rows).all()


@settings(deadline=None)
@given(among=st.sets(st.integers(0, 59)), count=st.integers(1, 70))
def test_nearest__only_what_is_allowed_and_never_short(
    tmp_path_factory: pytest.TempPathFactory, among: set[int], count: int
) -> None:
    values, _ = clusters(60)
    store, _ = _filled(tmp_path_factory.mktemp("store"), values)

    rows, _ = store.nearest(values[0], _mask(60, sorted(among)), count)

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


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few hundred rows are many."""
    monkeypatch.setattr(vector_store, "COMPARED", 100)
    monkeypatch.setattr(vector_store, "LEAST_FRESH", 50)
    monkeypatch.setattr(vector_store, "USUAL_DIMENSION", 64)
    monkeypatch.setattr(vector_parts, "ROWS_A_PART", 40)


def _recall(store: VectorStore, values: NDArray[np.float32], asked: range) -> float:
    everyone = np.arange(len(values))
    hits = [
        len(set(store.nearest(values[row], _all(len(values)), 10)[0]) & set(_exact(values, values[row], everyone, 10)))
        for row in asked
    ]
    return float(np.mean(hits)) / 10


@pytest.mark.usefixtures("small")
def test_cut__likely_parts_hold_the_neighbours(tmp_path: Path) -> None:
    values, _ = clusters(2000, groups=40)
    store, packed = _filled(tmp_path, values[:1600], step=400)
    vectors = [store.vector(row) for row in range(1600)]
    assert store.is_to_be_cut

    store.cut()

    assert (store.find(packed) == np.arange(1600)).all()
    assert all((store.vector(row) == vector).all() for row, vector in enumerate(vectors))
    assert [one.name for one in tmp_path.glob("codes*")] == ["codes-1.i8"]
    store.append(ids.pack_ids([ids.new_id() for _ in range(400)]), values[1600:])
    assert _recall(store, values, range(1500, 1700, 10)) > 0.9
    # Who may see few images gets as many as there are.
    assert len(store.nearest(values[1], _mask(2000, range(0, 2000, 3)), 300)[0]) == 300
    again = VectorStore(tmp_path)
    assert (again.nearest(values[3], _all(2000), 5)[0] == store.nearest(values[3], _all(2000), 5)[0]).all()


@pytest.mark.usefixtures("small")
def test_cut__what_came_since_joins_the_parts_that_there_are(tmp_path: Path) -> None:
    values, _ = clusters(2000, groups=40)
    store, _ = _filled(tmp_path, values[:1200], step=400)
    store.cut()
    centres = np.load(tmp_path / "parts.npz")["centres"]

    store.append(ids.pack_ids([ids.new_id() for _ in range(400)]), values[1200:1600])
    assert store.is_to_be_cut
    store.cut()
    joined = np.load(tmp_path / "parts.npz")
    store.append(ids.pack_ids([ids.new_id() for _ in range(400)]), values[1600:])
    store.cut()
    anew = np.load(tmp_path / "parts.npz")

    assert (joined["centres"] == centres).all()
    assert (len(joined["rows"]), len(anew["rows"])) == (1600, 2000)
    assert (int(joined["trained"]), int(anew["trained"])) == (1200, 2000)
    assert [one.name for one in tmp_path.glob("codes*")] == ["codes-3.i8"]
    for opened in (store, VectorStore(tmp_path)):
        assert not opened.is_to_be_cut
        assert all(_is_near(opened.vector(row), values[row]) for row in range(2000))
        assert _recall(opened, values, range(0, 2000, 100)) > 0.9


class _Busy(VectorStore):
    """While a cut writes, vectors come and go."""

    come: tuple[bytes, NDArray[np.float32]]
    gone: bytes

    def _write_in_order(self, path: Path, rows: NDArray[np.int64]) -> None:
        super()._write_in_order(path, rows)
        self.append(*self.come)
        self.forget(self.gone)


@pytest.mark.usefixtures("small")
def test_cut__vectors_that_come_and_go_meanwhile(tmp_path: Path) -> None:
    values, _ = clusters(230)
    _, packed = _filled(tmp_path, values[:200])
    more = ids.pack_ids([ids.new_id() for _ in range(30)])
    store = _Busy(tmp_path)
    store.come, store.gone = (more, values[200:]), packed[:32] + more[:16]
    code = (tmp_path / "codes.i8").read_bytes()[:128]

    store.cut()

    for opened in (store, VectorStore(tmp_path)):
        assert opened.find(packed + more).tolist() == [-1, -1, *range(2, 200), -1, *range(201, 230)]
        assert all(_is_near(opened.vector(row), values[row]) for row in range(230) if row not in (0, 1, 200))
        assert not any(opened.vector(row).any() for row in (0, 1, 200))
    left = _bytes_of(tmp_path)
    assert code[:64] not in left
    assert code[64:] not in left


@pytest.mark.usefixtures("small")
def test_cut__one_that_fails_changes_nothing(tmp_path: Path) -> None:
    values, _ = clusters(200)
    _, packed = _filled(tmp_path, values)
    store = _Busy(tmp_path)
    store.come, store.gone = (packed[:15], values[:1]), b""

    with pytest.raises(ValueError, match="buffer size"):
        store.cut()

    assert [one.name for one in tmp_path.glob("codes*")] == ["codes.i8"]
    assert store.is_to_be_cut
    assert _is_near(VectorStore(tmp_path).vector(7), values[7])


@pytest.mark.usefixtures("small")
def test_init__what_a_cut_left_that_was_ended_goes(tmp_path: Path) -> None:
    values, _ = clusters(200)
    store, _ = _filled(tmp_path, values)
    store.cut()
    (tmp_path / "codes-2.i8").write_bytes(b"half of what was to come")

    opened = VectorStore(tmp_path)

    assert [one.name for one in tmp_path.glob("codes*")] == ["codes-1.i8"]
    assert _is_near(opened.vector(7), values[7])


@pytest.mark.usefixtures("small")
def test_init__parts_of_a_release_whose_codes_had_no_order_are_cut_again(tmp_path: Path) -> None:
    values, _ = clusters(200)
    _filled(tmp_path, values)
    np.savez(tmp_path / "parts.npz", centres=values[:1], rows=np.arange(200)[::-1], starts=np.array([0, 200]))

    store = VectorStore(tmp_path)

    assert store.is_to_be_cut
    assert all(_is_near(store.vector(row), values[row]) for row in range(200))


@pytest.mark.usefixtures("small")
def test_nearest__more_rows_of_short_vectors_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(size=(2000, 16)).astype(np.float32)
    store, _ = _filled(tmp_path, values, step=400)
    store.cut()

    monkeypatch.setattr(vector_store, "USUAL_DIMENSION", 16)
    assert _recall(store, values, range(40)) < 0.8
    monkeypatch.setattr(vector_store, "USUAL_DIMENSION", 16 * 20**2)
    assert _recall(store, values, range(40)) > 0.9


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


@pytest.mark.usefixtures("small")
def test_forget__in_a_store_that_was_cut(tmp_path: Path) -> None:
    values, _ = clusters(400)
    store, packed = _filled(tmp_path, values)
    codes = [(tmp_path / "codes.i8").read_bytes()[row * 64 : (row + 1) * 64] for row in range(100)]
    store.cut()

    store.forget(packed[: 100 * 16])

    left = _bytes_of(tmp_path)
    assert not any(code in left for code in codes)
    among = store.find(packed) >= 0
    assert set(store.nearest(values[0], among, 300)[0].tolist()) == set(range(100, 400))
    store.cut()
    assert set(store.nearest(values[0], among, 300)[0].tolist()) == set(range(100, 400))
    store.empty()
    assert _bytes_of(tmp_path) == b""
