"""Keeping points that were picked on a map as a set of images."""

import numpy as np

from loupe_kit import ids
from loupe_kit.clock import Clock
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_kit.objects import ObjectStore
from loupe_project.domain.image_set import LIFETIME, ImageSet
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases import access
from loupe_project.use_cases.analyses import get_finished
from loupe_project.use_cases.map_points import read_points


async def picked_images(
    stores: StoreFactory, objects: ObjectStore, scope: Scope, project_id: str, analysis_id: str, points: bytes
) -> list[str]:
    """Ids of the images of some points of a map, in the order of the points.

    Args:
        stores: Makes transactions.
        objects: Where coordinates are.
        scope: Of the caller.
        project_id: Whose map.
        analysis_id: Which map.
        points: One bit for each point, the lowest bit of a byte first.

    Raises:
        InvalidArgument: If there are not as many bits as points, or none is set.
        ProjectNotFound: If the project does not exist for the caller.
        AnalysisNotFound: If the analysis does not.
        AnalysisNotReady: If it is not finished.
    """
    async with stores(read_only=True) as store:
        analysis = await get_finished(store, scope, project_id, analysis_id)
    coordinates = await read_points(stores, objects, analysis)
    picked = np.unpackbits(np.frombuffer(points, np.uint8), bitorder="little").astype(np.bool_)
    count, expected = len(coordinates), (len(coordinates) + 7) // 8
    # Points that were placed since the caller read the coordinates are none of his.
    least = (count - coordinates.placed_count + 7) // 8
    if not least <= len(points) <= expected or picked[count:].any():
        raise InvalidArgument(
            f"The map has {count:,} points, which take {expected:,} bytes of one bit each, and {len(points):,} bytes "
            "came; read the coordinates again and send a bit for each.",
            fields=[FieldViolation("points", f"must be {expected} bytes, without bits past the last point")],
            expected=str(expected),
        )
    if not picked.any():
        raise InvalidArgument(
            "No point is picked; set the bit of at least one.",
            fields=[FieldViolation("points", "must have a bit that is set")],
        )
    return ids.unpack_ids(coordinates.ids[np.flatnonzero(picked)].tobytes())


async def keep_images(store: Store, scope: Scope, project_id: str, image_ids: list[str], clock: Clock) -> ImageSet:
    """Keep images of a project as a set.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
    """
    project = await access.viewer(store, scope, project_id)
    image_set = ImageSet(ids.new_id(), project.id, scope.principal, len(image_ids), clock.now() + LIFETIME)
    await store.image_sets.add(image_set, image_ids)
    return image_set
