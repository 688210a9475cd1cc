"""Made-up images of an inspection line for the measurement of searches: seed and number say all of them.

Values are skewed: few lines make most images, most of which are good; every image has a serial number of its own.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from loupe_kit.sql import create_engine
from loupe_project.adapters.sql import tables as t
from loupe_project.adapters.sql.image_rows import metadata_rows
from loupe_project.domain.text import fold

OWNER = "00000000-0000-7000-8000-00000000000a"
PROJECT = "00000000-0000-7000-8000-0000000000f0"
BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
SPAN = timedelta(days=90)
LABELS = ("OK", "scratch", "dent", "crack", "pinhole", "stain", "burr", "chip")
MODELS = (("efficientnet-lite0", "1"), ("yolo-v3", "1"), ("yolo-v3", "2"))
TAGS = tuple(f"{word}-{number}" for word in ("shift", "crew", "mould", "batch", "check") for number in range(40))
PIECE = 5_000


@dataclass(slots=True)
class Made:
    """An image with all that is known of it."""

    id: str
    name: str
    width: int
    size: int
    state: str
    label: str | None
    confidence: float | None
    truth: str | None
    captured: datetime
    uploaded: datetime
    batch: str
    tags: list[str]
    metadata: dict[str, Any]
    predictions: dict[tuple[str, str], list[tuple[str, float, float, float, float, float]]]
    """Boxes by model: label, confidence, x, y, width, height."""
    outlier: float


def uuid_of(kind: int, number: int) -> str:
    """An id that rises with the number."""
    return f"{number >> 16:08x}-{number & 0xFFFF:04x}-7{kind:03x}-8000-{number:012x}"


def made(count: int, seed: int = 7) -> Iterator[list[Made]]:
    """Images in pieces, the oldest first."""
    dice = np.random.default_rng(seed)
    for start in range(0, count, PIECE):
        yield [_one(dice, number, count) for number in range(start, min(start + PIECE, count))]


def _one(dice: np.random.Generator, number: int, count: int) -> Made:
    skew = dice.random(8) ** 3
    uploaded = BEGIN + SPAN * (number / count)
    label = "OK" if skew[0] < 0.5 else LABELS[1 + int(skew[1] * 7)]
    analysed = number % 50 != 0
    boxes = number % 3 == 0 and analysed
    picked = sorted({int(one * len(TAGS)) for one in dice.random(7) ** 2})
    line, camera = f"L{1 + int(skew[2] * 12)}", f"cam{1 + int(skew[3] * 6)}"
    lot = f"A{number * 400 // count:03d}-{int(skew[4] * 5)}"
    truth = None if dice.random() < 0.7 else (label if dice.random() < 0.9 else LABELS[int(dice.random() * 8)])
    return Made(
        id=uuid_of(1, number),
        name=f"{line.lower()}/{camera}/part-{number:07d}.png",
        width=(640, 1280, 4096)[int(skew[5] * 3)],
        size=int(50_000 + skew[6] * 9e6),
        state="ANALYSED" if analysed else ("PENDING", "FAILED")[number % 2],
        label=label if analysed else None,
        confidence=float(1 - skew[7] * 0.7) if analysed else None,
        truth=truth,
        captured=uploaded - timedelta(seconds=float(dice.random() * 7200)),
        uploaded=uploaded,
        batch=uuid_of(2, number * 40 // count),
        tags=[*(TAGS[one] for one in picked), f"line:{line}", f"camera:{camera}", f"month:{uploaded:%Y-%m}"],
        metadata={
            "line": line,
            "camera": camera,
            "lot": lot,
            "serial": f"SN{number * 7919 % 99_999_989:08d}",
            "verdict": "NG" if dice.random() < 0.08 else "OK",
            "temp": round(float(dice.normal(70, 6)), 1),
        },
        predictions={model: _boxes(dice) if "yolo" in model[0] else [] for model in MODELS} if boxes else {},
        outlier=float(dice.random()),
    )


def _boxes(dice: np.random.Generator) -> list[tuple[str, float, float, float, float, float]]:
    values = dice.random((int(dice.integers(0, 4)), 6)).tolist()
    labels = [LABELS[1 + int(one[0] ** 2 * 7)] for one in values]
    return [
        (label, round(b, 3), round(x * 600, 1), round(y * 400, 1), 4 + round(w * 60, 1), 4 + round(h * 60, 1))
        for label, (_, b, x, y, w, h) in zip(labels, values, strict=True)
    ]


async def write(database_url: str, count: int) -> None:
    """Write the images into an empty, migrated database, straight into its tables."""
    engine = create_engine(database_url)
    is_sqlite = engine.dialect.name == "sqlite"
    async with engine.connect() as connection:
        if is_sqlite:
            await connection.execute(text("PRAGMA cache_size = -200000"))
        else:
            await connection.execute(text("SET SESSION foreign_key_checks = 0, unique_checks = 0"))
        tag_ids = await _write_project(connection)
        for piece in made(count):
            for table, rows in _rows(piece, tag_ids).items():
                if rows:
                    await connection.execute(insert(t.Base.metadata.tables[table]), rows)
            await connection.commit()
        await connection.execute(text("ANALYZE" if is_sqlite else "ANALYZE TABLE images, image_tags, image_metadata"))
        await connection.commit()
    await engine.dispose()


async def _write_project(connection: AsyncConnection) -> dict[str, str]:
    await connection.execute(
        insert(t.projects).values(
            id=PROJECT,
            display_name="Bench",
            display_name_folded="bench",
            description="",
            model="yolo-v3",
            model_version="2",
            visibility="PRIVATE",
            owner_id=OWNER,
            time_zone="UTC",
            revision=1,
            create_time=BEGIN,
            update_time=BEGIN,
        )
    )
    months = {f"month:{BEGIN + timedelta(days=day):%Y-%m}" for day in range(91)}
    names = [*TAGS, *(f"line:L{n}" for n in range(1, 14)), *(f"camera:cam{n}" for n in range(1, 8)), *sorted(months)]
    tag_ids = {name: uuid_of(3, number) for number, name in enumerate(names)}
    rows = [
        {
            "id": tag_id, "project_id": PROJECT, "display_name": name, "name_folded": fold(name), "color": "",
            "origin": "USER", "creator": "", "create_time": BEGIN, "update_time": BEGIN,
        }
        for name, tag_id in tag_ids.items()
    ]  # fmt: skip
    await connection.execute(insert(t.tags), rows)
    run = {
        "id": uuid_of(4, 1), "project_id": PROJECT, "kind": "OUTLIERS", "selector": b"", "reference": None,
        "feature_source": "", "feature_version": "", "seed": 0, "state": "SUCCEEDED", "failure": None, "creator": "",
        "operation_id": uuid_of(5, 1), "create_time": BEGIN, "update_time": BEGIN,
    }  # fmt: skip
    await connection.execute(insert(t.curation_runs), [run])
    await connection.commit()
    return tag_ids


def _rows(piece: list[Made], tag_ids: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    names = ("images", "image_metadata", "image_tags", "labels", "predictions", "prediction_boxes", "outlier_scores")
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for one in piece:
        own = MODELS[2] if one.predictions else MODELS[0]
        rows["images"].append({
            "id": one.id, "project_id": PROJECT, "file_name": one.name, "file_name_folded": fold(one.name),
            "sha256": one.id.replace("-", "") * 2, "format": "PNG", "width": one.width, "height": one.width * 3 // 4,
            "size_bytes": one.size, "object_key": one.id, "thumbnail_key": one.id, "state": one.state,
            "failure": None, "attempt": 1, "order_time": one.uploaded,
            "model": own[0] if one.label else None, "version": own[1] if one.label else None,
            "label": one.label, "label_folded": one.label and fold(one.label), "confidence": one.confidence,
            "truth": one.truth, "truth_folded": one.truth and fold(one.truth), "capture_time": one.captured,
            "upload_time": one.uploaded, "update_time": one.uploaded, "uploader": f"users/{OWNER}",
            "upload_batch_id": one.batch, "source": "bench",
        })  # fmt: skip
        rows["image_metadata"] += metadata_rows(PROJECT, one.id, one.metadata)
        rows["image_tags"] += [
            {"image_id": one.id, "tag_id": tag_ids[tag], "origin": "USER", "creator": "", "create_time": one.uploaded}
            for tag in one.tags
        ]
        number = int(one.id[-12:], 16)
        if one.truth:
            rows["labels"].append({
                "id": uuid_of(6, number), "image_id": one.id, "project_id": PROJECT, "display_name": one.truth,
                "name_folded": fold(one.truth), "creator": "", "create_time": one.uploaded,
            })  # fmt: skip
        for place, ((model, version), boxes) in enumerate(one.predictions.items()):
            prediction = uuid_of(7, number * 4 + place)
            rows["predictions"].append({
                "id": prediction, "image_id": one.id, "project_id": PROJECT, "model": model, "version": version,
                "label": one.label, "label_folded": one.label and fold(one.label), "confidence": one.confidence,
                "output": b"", "create_time": one.uploaded,
            })  # fmt: skip
            rows["prediction_boxes"] += [
                {
                    "prediction_id": prediction, "number": n, "image_id": one.id, "project_id": PROJECT, "label": label,
                    "label_folded": fold(label), "confidence": conf, "x": x, "y": y, "width": w, "height": h,
                    "area": w * h,
                }
                for n, (label, conf, x, y, w, h) in enumerate(boxes)
            ]  # fmt: skip
        rows["outlier_scores"].append({
            "image_id": one.id, "project_id": PROJECT, "run_id": uuid_of(4, 1), "score": one.outlier,
            "mean_distance": 0.0, "nearest_image_id": one.id,
        })  # fmt: skip
    return rows


def documents(piece: list[Made]) -> list[dict[str, Any]]:
    """The same images as one would keep them in MongoDB: one document each, with all that belongs to it."""
    return [
        {
            "_id": one.id, "name": one.name, "width": one.width, "size": one.size, "state": one.state,
            "label": one.label, "conf": one.confidence, "truth": [one.truth] if one.truth else [], "at": one.captured,
            "uploaded": one.uploaded, "batch": one.batch, "tags": one.tags, "meta": one.metadata,
            "models": [f"{model}@{version}" for model, version in one.predictions],
            "boxes": [
                {"model": f"{m[0]}@{m[1]}", "own": m == MODELS[2], "label": b[0], "conf": b[1], "x": b[2], "w": b[4],
                 "area": b[4] * b[5]}
                for m, found in one.predictions.items()
                for b in found
            ],
            "outlier": one.outlier,
        }
        for one in piece
    ]  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("database_url")
    parser.add_argument("count", type=int)
    given = parser.parse_args()
    asyncio.run(write(given.database_url, given.count))
