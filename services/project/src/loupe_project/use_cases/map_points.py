"""All points of a finished map: those it was made of, and after them those that were placed on it."""

from loupe_kit.objects import ObjectStore
from loupe_project.domain.analysis import Analysis
from loupe_project.domain.coordinates import Coordinates
from loupe_project.ports.store import StoreFactory


async def read_points(uow_factory: StoreFactory, objects: ObjectStore, analysis: Analysis) -> Coordinates:
    """The points, in the order that every answer about them has. Later ones are only ever added at the end."""
    made = Coordinates.decode(await objects.read(analysis.object_key))
    if not analysis.placed_count:
        return made
    async with uow_factory(read_only=True) as store:
        return made.with_placed(await store.placements.placed(analysis))
