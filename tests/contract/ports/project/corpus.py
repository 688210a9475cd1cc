"""A small project full of awkward values, as rows for the store and as objects for the oracle."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from loupe_kit import ids
from loupe_project.adapters.sql import tables as t
from loupe_project.adapters.sql.image_rows import metadata_row
from loupe_project.domain.text import fold

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
OWNER = "00000000-0000-7000-8000-00000000000a"
COLLEAGUE = "00000000-0000-7000-8000-00000000000b"
DEPARTMENT = "00000000-0000-7000-8000-0000000000d0"

TAGS = (
    "scratch",
    "Reviewed",
    "train",
    "line:L3",
    "100%",
    "a_b",
    "Größe",
    "스크래치",
    "b*c",
    "tilde~x",
    "back\\slash",
    "two words",
)
LABELS = ("OK", "dent", "Scratch", "NG", "양품", "pin_hole")
LINES = ("L1", "L2", "l3", "2호기", "100%")
LOTS = ("A23-001", "A23-002", "B7", "a23_x")
NAMES = (
    "line3/cell-0042.png",
    "Cell-0043.PNG",
    "a b (1).jpg",
    "100%_x.bmp",
    "폴더/사진.png",
    "x*y.png",
    "cell-0042.png",
)
MODELS = (("efficientnet-lite0", "1"), ("yolo-v3", "1"), ("yolo-v3", "2"))


@dataclass
class BoxFact:
    label: str
    confidence: float
    x: float
    y: float
    width: float
    height: float

    @property
    def area(self) -> float:
        return self.width * self.height


@dataclass
class ImageFact:
    id: str
    project: str
    name: str
    format: str
    width: int
    size: int
    state: str
    label: str | None
    confidence: float | None
    truth: str | None
    captured: datetime | None
    uploaded: datetime
    batch: str | None
    active: tuple[str, str] | None
    tags: list[str] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    box_labels: list[str] = field(default_factory=list)
    predictions: dict[tuple[str, str], list[BoxFact]] = field(default_factory=dict)


@dataclass
class Corpus:
    project: str
    other_project: str
    images: list[ImageFact]
    """Of `project` only."""
    batches: list[str]


def make(seed: int = 7, count: int = 80) -> tuple[Corpus, list[ImageFact]]:
    """The corpus, and the images of all projects."""
    dice = random.Random(seed)
    mine, other = ids.new_id(), ids.new_id()
    batches = [ids.new_id(), ids.new_id()]
    everything = [_image(dice, mine if i % 8 else other, i, batches) for i in range(count)]
    return Corpus(mine, other, [image for image in everything if image.project == mine], batches), everything


def _image(dice: random.Random, project: str, number: int, batches: list[str]) -> ImageFact:
    analysed = dice.random() < 0.8
    active = dice.choice(MODELS) if analysed else None
    image = ImageFact(
        id=ids.new_id(),
        project=project,
        name=dice.choice(NAMES),
        format=dice.choice(("PNG", "JPEG", "BMP")),
        width=dice.choice((100, 640, 4096)),
        size=dice.choice((500, 20_000, 10_000_000)),
        state="ANALYSED" if analysed else dice.choice(("PENDING", "FAILED")),
        label=dice.choice((*LABELS, None)) if analysed else None,
        confidence=None,
        truth=dice.choice((*LABELS, None, None, None)),
        captured=dice.choice((None, NOW - timedelta(hours=dice.choice((1, 5, 23, 25, 24 * 8))))),
        uploaded=NOW - timedelta(minutes=dice.randrange(60 * 24 * 3)),
        batch=dice.choice((*batches, None)),
        active=active,
        tags=dice.sample(TAGS, dice.randrange(4)),
        box_labels=dice.choices(LABELS, k=dice.choice((0, 0, 1))),
    )
    if image.label is not None:
        image.confidence = dice.choice((0.1, 0.5, 0.6, 0.95, 1.0))
    candidates = {
        "line": dice.choice(LINES),
        "lot": dice.choice(LOTS),
        "verdict": dice.choice(("OK", "NG")),
        "temp": dice.choice((59.9, 60.0, 72.5, 80.0, -3.0)),
        "operator": dice.choice(("kim", "Kim_2", "100%", "60", "*")),
        "when": NOW - timedelta(days=dice.choice((0, 1, 400))),
        "hot": dice.choice((True, False)),
    }
    image.metadata = {key: value for key, value in candidates.items() if dice.random() < 0.6}
    others = [model for model in MODELS if dice.random() < 0.3]
    for model in {*others, *([active] if active else [])}:
        image.predictions[model] = [_box(dice) for _ in range(dice.randrange(4))] if "yolo" in model[0] else []
    return image


def _box(dice: random.Random) -> BoxFact:
    return BoxFact(
        dice.choice(LABELS),
        dice.choice((0.3, 0.5, 0.75)),
        dice.choice((0.0, 10.0)),
        5.0,
        dice.choice((4.0, 20.0)),
        dice.choice((8.0, 50.0)),
    )


async def write(engine: AsyncEngine, corpus: Corpus, everything: list[ImageFact]) -> None:
    """Create the tables and put the corpus into them."""
    rows = _Rows()
    for project, visibility in ((corpus.project, "PRIVATE"), (corpus.other_project, "ORGANISATION")):
        rows.project(project, visibility)
    tag_ids = {(project, tag): ids.new_id() for project in (corpus.project, corpus.other_project) for tag in TAGS}
    for (project, tag), tag_id in tag_ids.items():
        rows.tag(tag_id, project, tag)
    for image in everything:
        rows.image(image, tag_ids)
    async with engine.begin() as connection:
        await connection.run_sync(t.Base.metadata.create_all)
        for table in t.Base.metadata.sorted_tables:
            if rows.by_table.get(table.name):
                await connection.execute(table.insert(), rows.by_table[table.name])


class _Rows:
    def __init__(self) -> None:
        self.by_table: dict[str, list[dict[str, Any]]] = {}

    def add(self, table: str, **row: Any) -> None:
        self.by_table.setdefault(table, []).append(row)

    def project(self, project: str, visibility: str) -> None:
        self.add(
            "projects",
            id=project,
            display_name="P",
            display_name_folded="p",
            description="",
            model="yolo-v3",
            model_version="2",
            visibility=visibility,
            owner_id=OWNER,
            time_zone="Asia/Seoul",
            revision=1,
            create_time=NOW,
            update_time=NOW,
        )
        self.add(
            "project_members", project_id=project, principal_kind="DEPARTMENT", principal_id=DEPARTMENT, role="VIEWER"
        )

    def tag(self, tag_id: str, project: str, name: str) -> None:
        self.add(
            "tags",
            id=tag_id,
            project_id=project,
            display_name=name,
            name_folded=fold(name),
            color="",
            origin="USER",
            creator="",
            create_time=NOW,
            update_time=NOW,
        )

    def image(self, image: ImageFact, tag_ids: dict[tuple[str, str], str]) -> None:
        folded = {
            name: None if value is None else fold(value) for name, value in (("l", image.label), ("t", image.truth))
        }
        model, version = image.active or (None, None)
        self.add(
            "images",
            id=image.id,
            project_id=image.project,
            file_name=image.name,
            file_name_folded=fold(image.name),
            sha256=image.id.replace("-", "") * 2,
            format=image.format,
            width=image.width,
            height=100,
            size_bytes=image.size,
            object_key="k",
            thumbnail_key="t",
            state=image.state,
            attempt=1,
            order_time=NOW,
            model=model,
            version=version,
            label=image.label,
            label_folded=folded["l"],
            confidence=image.confidence,
            truth=image.truth,
            truth_folded=folded["t"],
            capture_time=image.captured,
            upload_time=image.uploaded,
            update_time=NOW,
            uploader=f"users/{OWNER}",
            upload_batch_id=image.batch,
            source="http",
        )
        for tag in image.tags:
            self.add(
                "image_tags",
                image_id=image.id,
                tag_id=tag_ids[image.project, tag],
                origin="USER",
                creator="",
                create_time=NOW,
            )
        for name in [*([image.truth] if image.truth else []), *image.box_labels]:
            self.add(
                "labels",
                id=ids.new_id(),
                image_id=image.id,
                project_id=image.project,
                display_name=name,
                name_folded=fold(name),
                creator="",
                create_time=NOW,
            )
        self._metadata(image)
        self._predictions(image)

    def _metadata(self, image: ImageFact) -> None:
        for key, value in image.metadata.items():
            moment = value if isinstance(value, datetime) else None
            row = metadata_row(image.project, image.id, key, "a time" if moment else value)
            self.add("image_metadata", **(row | {"time_value": moment}))

    def _predictions(self, image: ImageFact) -> None:
        for (model, version), boxes in image.predictions.items():
            prediction = ids.new_id()
            self.add(
                "predictions",
                id=prediction,
                image_id=image.id,
                project_id=image.project,
                model=model,
                version=version,
                label=None,
                label_folded=None,
                confidence=None,
                output=b"",
                create_time=NOW,
            )
            for number, box in enumerate(boxes):
                self.add(
                    "prediction_boxes",
                    prediction_id=prediction,
                    number=number,
                    image_id=image.id,
                    project_id=image.project,
                    label=box.label,
                    label_folded=fold(box.label),
                    confidence=box.confidence,
                    x=box.x,
                    y=box.y,
                    width=box.width,
                    height=box.height,
                    area=box.area,
                )
