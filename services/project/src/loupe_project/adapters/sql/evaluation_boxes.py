"""Boxes of predictions and labels, a few thousand images at a time."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_kit import ids
from loupe_kit.errors import ResourceExhausted
from loupe_project.adapters.sql.tables import labels, prediction_boxes
from loupe_project.domain.evaluation import Asked, BoxPiece
from loupe_project.domain.matching import Boxes

MAX_IMAGES = 1_000_000
"""Most images of one evaluation of boxes: their ids are in memory, 32 bytes each."""

_PIECE = 2_000
_ID_BYTES = 16


class SqlBoxReader:
    """See `ports.evaluation.BoxReader`."""

    def __init__(self, session: AsyncSession, asked: Asked) -> None:
        self._session = session
        self._asked = asked
        self._images = b""
        self._predictions = b""
        self._numbers: dict[str, int] = {}
        self.names: list[str] = []

    async def find(self, statement: Select[Any], project_id: str) -> bool:
        """Look up which images it is about; False when there are none, or no boxes at all.

        Args:
            statement: Gives the ids of images and predictions.
            project_id: Whose they are.

        Raises:
            ResourceExhausted: If there are too many.
        """
        rows = await self._session.stream(statement.limit(MAX_IMAGES + 1))
        found_images, found_predictions = bytearray(), bytearray()
        async for some in rows.partitions(_PIECE):
            found_images += ids.pack_ids([row[0] for row in some])
            found_predictions += ids.pack_ids([row[1] for row in some])
        self._images, self._predictions = bytes(found_images), bytes(found_predictions)
        if len(self._images) > MAX_IMAGES * _ID_BYTES:
            raise ResourceExhausted(
                f"Boxes are measured on at most {MAX_IMAGES:,} labelled images; more match: narrow the query.",
                limit=str(MAX_IMAGES),
            )
        return bool(self._images) and await self._has_boxes(project_id)

    async def _has_boxes(self, project_id: str) -> bool:
        label = select(labels.c.id).where(labels.c.project_id == project_id, labels.c.x.is_not(None)).limit(1)
        if await self._session.scalar(label) is not None:
            return True
        box = select(prediction_boxes.c.number).where(prediction_boxes.c.project_id == project_id).limit(1)
        return await self._session.scalar(box) is not None

    async def pieces(self) -> AsyncIterator[BoxPiece]:
        """See the port."""
        for start in range(0, len(self._images), _PIECE * _ID_BYTES):
            end = start + _PIECE * _ID_BYTES
            image_ids = ids.unpack_ids(self._images[start:end])
            prediction_ids = ids.unpack_ids(self._predictions[start:end])
            yield BoxPiece(await self._predicted(prediction_ids), await self._labelled(image_ids), image_ids)

    async def _predicted(self, prediction_ids: Sequence[str]) -> Boxes:
        table = prediction_boxes.c
        rows = await self._session.execute(
            select(
                table.prediction_id,
                table.label_folded,
                table.label,
                table.x,
                table.y,
                table.width,
                table.height,
                table.confidence,
            )
            .where(table.prediction_id.in_(prediction_ids), table.confidence >= self._asked.min_confidence)
            .order_by(table.prediction_id, table.number)
        )
        return self._boxes(rows.all(), prediction_ids)

    async def _labelled(self, image_ids: Sequence[str]) -> Boxes:
        table = labels.c
        rows = await self._session.execute(
            select(table.image_id, table.name_folded, table.display_name, table.x, table.y, table.width, table.height)
            .where(table.image_id.in_(image_ids), table.x.is_not(None))
            .order_by(table.id)
        )
        return self._boxes([(*row, 1.0) for row in rows], image_ids)

    def _boxes(self, rows: Sequence[Any], owners: Sequence[str]) -> Boxes:
        places = {owner: number for number, owner in enumerate(owners)}
        numbers = np.array([row[3:] for row in rows], np.float64).reshape(-1, 5)
        return Boxes(
            images=np.array([places[row[0]] for row in rows], np.int64),
            classes=np.array([self._class(row[1], row[2]) for row in rows], np.int64),
            sides=numbers[:, :4],
            confidences=numbers[:, 4],
        )

    def _class(self, folded: str, shown: str) -> int:
        number = self._numbers.get(folded)
        if number is None:
            number = self._numbers[folded] = len(self.names)
            self.names.append(shown)
        return number
