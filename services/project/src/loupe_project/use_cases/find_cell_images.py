"""Which images a cell of the confusions of boxes counts: pairs are found as they were for the count."""

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

from loupe_project.domain import evaluation
from loupe_project.domain import query as queries
from loupe_project.domain.evaluation import Asked, Cell
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.use_cases import access


async def find_cell_images(
    store: Store, scope: Scope, project_id: str, query: str, asked: Asked, cell: Cell, now: datetime
) -> list[str]:
    """Ids of the images with boxes of a cell, among those that match and that the caller may see.

    Args:
        store: Open transaction.
        scope: Of the caller.
        project_id: Which project.
        query: Which images.
        asked: Which model, and how boxes are counted.
        cell: Class by label and class by prediction; empty for none.
        now: What relative times in the query are counted from.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        QueryInvalid: If the query cannot be read.
        ResourceExhausted: If boxes of more than a million images would have to be looked at.
    """
    project = await access.viewer(store, scope, project_id)
    node = queries.read(query, queries.Context(now=now, zone=ZoneInfo(project.time_zone)))
    reader = await store.evaluation.boxes(scope, project_id, node, asked)
    image_ids: list[str] = []
    if reader is not None:
        async for piece in reader.pieces():
            # Numpy over a hundred thousand boxes: other calls go on meanwhile.
            image_ids += await asyncio.to_thread(
                evaluation.images_of_cell, piece, asked.min_iou, cell, list(reader.names)
            )
    return image_ids
