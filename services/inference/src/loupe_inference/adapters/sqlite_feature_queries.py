"""Tables and statements of the embedded feature store; every function runs in the thread of its connection."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from loupe_inference.domain.errors import FeatureDimensionMismatch
from loupe_inference.domain.features import (
    BYTES_PER_ID,
    MAX_BLOCK_BYTES,
    FeatureBlock,
    FeatureKey,
    FeatureSet,
    Matrix,
    ObjectFeatureBlock,
    object_blocks,
)

# Grows by appending; PRAGMA user_version counts the steps that a file has seen.
_MIGRATIONS = (
    """
    CREATE TABLE space (
        id INTEGER PRIMARY KEY,
        model TEXT NOT NULL,
        version TEXT NOT NULL,
        UNIQUE (model, version)
    );
    CREATE TABLE feature_set (
        project BLOB NOT NULL,
        space_id INTEGER NOT NULL REFERENCES space (id),
        dimension INTEGER NOT NULL,
        PRIMARY KEY (project, space_id)
    ) WITHOUT ROWID;
    CREATE TABLE feature (
        id INTEGER PRIMARY KEY,
        space_id INTEGER NOT NULL REFERENCES space (id),
        image BLOB NOT NULL,
        project BLOB NOT NULL,
        vector BLOB NOT NULL,
        UNIQUE (space_id, image)
    );
    CREATE INDEX feature_by_project ON feature (project, space_id);
    CREATE INDEX feature_by_image ON feature (image);
    """,
    """
    CREATE TABLE object_feature (
        feature_id INTEGER PRIMARY KEY REFERENCES feature (id) ON DELETE CASCADE,
        object_count INTEGER NOT NULL,
        vectors BLOB NOT NULL
    );
    """,
)


def connect(path: Path) -> sqlite3.Connection:
    """An open database with all tables; transactions are begun by hand."""
    db = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
    # Holds three vectors of 1280 numbers; in pages of 4 KiB each vector is a chain of two. Set before the first table.
    db.execute("PRAGMA page_size = 16384")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    # What is deleted is written over with zeros, not only given free.
    db.execute("PRAGMA secure_delete = ON")
    # Reading from the page cache of the system instead of copying: vectors are read once and far apart.
    db.execute("PRAGMA mmap_size = 1073741824")
    with _transaction(db):
        (done,) = db.execute("PRAGMA user_version").fetchone()
        for number, script in enumerate(_MIGRATIONS[done:], start=done + 1):
            for statement in script.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {number}")
    return db


def put(
    db: sqlite3.Connection, project: bytes, key: FeatureKey, block: FeatureBlock, objects: Sequence[Matrix] | None
) -> None:
    """Insert or replace vectors; see `FeatureStore.put`."""
    length = block.values.shape[1]
    vectors = np.ascontiguousarray(block.values, dtype="<f4")
    with _transaction(db):
        space = _space(db, key, create=True)
        known = _dimension(db, project, space)
        if known not in (0, length):
            raise FeatureDimensionMismatch(
                f"The vectors have {length} numbers and those of {key.model}/{key.version} in this project have "
                f"{known}; give vectors of that length or another feature set.",
                expected=str(known),
                actual=str(length),
            )
        if not known:
            db.execute("INSERT INTO feature_set VALUES (?, ?, ?)", (project, space, length))
        db.executemany(
            "INSERT INTO feature (space_id, image, project, vector) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (space_id, image) DO UPDATE SET vector = excluded.vector, project = excluded.project",
            [(space, image, project, row.data) for image, row in zip(_ids(block.image_ids), vectors, strict=True)],
        )
        if objects is not None:
            _put_objects(db, space, list(zip(_ids(block.image_ids), objects, strict=True)))


def _put_objects(db: sqlite3.Connection, space: int, objects: Sequence[tuple[bytes, Matrix]]) -> None:
    db.executemany(
        "INSERT OR REPLACE INTO object_feature SELECT id, ?, ? FROM feature WHERE space_id = ? AND image = ?",
        [
            (len(vectors), np.ascontiguousarray(vectors, dtype="<f4").data, space, image)
            for image, vectors in objects
            if len(vectors)
        ],
    )
    db.executemany(
        "DELETE FROM object_feature WHERE feature_id = (SELECT id FROM feature WHERE space_id = ? AND image = ?)",
        [(space, image) for image, vectors in objects if not len(vectors)],
    )


def read(db: sqlite3.Connection, *, key: FeatureKey, image_ids: bytes) -> list[FeatureBlock]:
    """The vectors of at most 500 images, those of one length together."""
    images = _ids(image_ids)
    rows = db.execute(
        f"SELECT image, vector FROM feature WHERE space_id = ? AND image IN ({_marks(images)})",  # noqa: S608 - marks only
        (_space(db, key), *images),
    )
    by_length: dict[int, list[tuple[bytes, bytes]]] = defaultdict(list)
    for image, vector in rows:
        by_length[len(vector)].append((image, vector))
    return [block for size, found in sorted(by_length.items()) for block in _blocks(size, found)]


def read_objects(db: sqlite3.Connection, *, key: FeatureKey, image_ids: bytes) -> list[ObjectFeatureBlock]:
    """The vectors of the objects in at most 100 images."""
    images = _ids(image_ids)
    rows = db.execute(
        "SELECT image, object_count, vectors FROM object_feature JOIN feature ON id = feature_id "  # noqa: S608 - marks only
        f"WHERE space_id = ? AND image IN ({_marks(images)})",
        (_space(db, key), *images),
    )
    return list(object_blocks(rows))


def count(db: sqlite3.Connection, *, key: FeatureKey, image_ids: bytes) -> tuple[int, int]:
    """How many of at most 500 images have a vector, and the greatest length."""
    images = _ids(image_ids)
    found, size = db.execute(
        "SELECT count(*), max(length(vector)) FROM feature "  # noqa: S608 - marks only
        f"WHERE space_id = ? AND image IN ({_marks(images)})",
        (_space(db, key), *images),
    ).fetchone()
    return found, (size or 0) // 4


def known(db: sqlite3.Connection, *, key: FeatureKey, image_ids: bytes) -> set[bytes]:
    """Those of at most 500 images that have a vector."""
    images = _ids(image_ids)
    rows = db.execute(
        f"SELECT image FROM feature WHERE space_id = ? AND image IN ({_marks(images)})",  # noqa: S608 - marks only
        (_space(db, key), *images),
    )
    return {image for (image,) in rows}


def dimension(db: sqlite3.Connection, project: bytes, key: FeatureKey) -> int:
    """Length of the project's vectors, 0 if it has none."""
    return _dimension(db, project, _space(db, key))


def delete(db: sqlite3.Connection, *, image_ids: bytes, project: bytes, model: str, version: str) -> int:
    """Delete what fits everything given, for at most 500 images."""
    conditions, arguments = ["TRUE"], list[object]()
    if image_ids:
        conditions.append(f"image IN ({_marks(_ids(image_ids))})")
        arguments += _ids(image_ids)
    if project:
        conditions.append("project = ?")
        arguments.append(project)
    if model:
        conditions.append("space_id IN (SELECT id FROM space WHERE model = ? AND ? IN ('', version))")
        arguments += [model, version]
    with _transaction(db):
        deleted = db.execute(f"DELETE FROM feature WHERE {' AND '.join(conditions)}", arguments).rowcount  # noqa: S608 - marks only
        # An empty set has no dimension: the next vector decides anew.
        db.execute(
            "DELETE FROM feature_set WHERE NOT EXISTS (SELECT 1 FROM feature "
            "WHERE feature.project = feature_set.project AND feature.space_id = feature_set.space_id)"
        )
    return deleted


def empty_log(db: sqlite3.Connection) -> None:
    """Write the log into the file, so that nothing is left in it of what was deleted; readers are waited for."""
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def list_sets(db: sqlite3.Connection, project: bytes) -> list[FeatureSet]:
    """Sets of a project that hold vectors, by model and version."""
    rows = db.execute(
        "SELECT model, version, dimension, (SELECT count(*) FROM feature WHERE feature.project = feature_set.project "
        "AND feature.space_id = feature_set.space_id) AS vectors FROM feature_set JOIN space ON space.id = space_id "
        "WHERE feature_set.project = ? AND vectors > 0 ORDER BY model, version",
        (project,),
    )
    return [FeatureSet(FeatureKey(model, version), length, vectors) for model, version, length, vectors in rows]


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _space(db: sqlite3.Connection, key: FeatureKey, *, create: bool = False) -> int:
    """Row of a space; 0, which no row has, if there is none and none shall be made."""
    row = db.execute("SELECT id FROM space WHERE model = ? AND version = ?", (key.model, key.version)).fetchone()
    if row is None and create:
        return db.execute("INSERT INTO space (model, version) VALUES (?, ?)", (key.model, key.version)).lastrowid or 0
    return int(row[0]) if row else 0


def _dimension(db: sqlite3.Connection, project: bytes, space: int) -> int:
    row = db.execute(
        "SELECT dimension FROM feature_set WHERE project = ? AND space_id = ?", (project, space)
    ).fetchone()
    return int(row[0]) if row else 0


def _blocks(size: int, found: Sequence[tuple[bytes, bytes]]) -> Iterator[FeatureBlock]:
    rows = max(1, MAX_BLOCK_BYTES // size)
    for start in range(0, len(found), rows):
        part = found[start : start + rows]
        values = np.frombuffer(b"".join(vector for _, vector in part), dtype="<f4").reshape(len(part), -1)
        yield FeatureBlock(b"".join(image for image, _ in part), values)


def _ids(packed: bytes) -> list[bytes]:
    return [packed[at : at + BYTES_PER_ID] for at in range(0, len(packed), BYTES_PER_ID)]


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
