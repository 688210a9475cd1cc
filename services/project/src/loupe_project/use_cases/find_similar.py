"""Images that look like another one."""

from dataclasses import dataclass

from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain.analysis import UPLOADED
from loupe_project.domain.image import FeatureSource
from loupe_project.domain.scope import Right, Scope
from loupe_project.ports.similar import Neighbourhood
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases import access
from loupe_project.use_cases.create_analysis import feature_source
from loupe_project.use_cases.get_image import existing_image

DEFAULT_COUNT = 20
MAX_COUNT = 1_000


@dataclass(frozen=True, slots=True)
class SimilarImage:
    """An image that looks like another one."""

    image_id: str
    file_name: str
    similarity: float
    """Cosine, in [-1, 1]."""


@dataclass(frozen=True, slots=True)
class SimilarImages:
    """What a search found."""

    images: tuple[SimilarImage, ...]
    source: FeatureSource
    searched_count: int


@dataclass(frozen=True, slots=True)
class FindSimilar:
    """Searches among what the caller may see: what is hidden from him neither shows nor takes a place."""

    stores: StoreFactory
    neighbourhood: Neighbourhood

    async def __call__(
        self, scope: Scope, project_id: str, image_id: str, *, count: int, query: str, written_source: str
    ) -> SimilarImages:
        """Search.

        Args:
            scope: Of the caller.
            project_id: Where.
            image_id: Like which image.
            count: How many; 0: 20.
            query: Only among what matches.
            written_source: `models/…`; empty: the project's model.

        Raises:
            ProjectNotFound: If the project does not exist for the caller.
            ImageNotFound: If the image does not.
            InvalidArgument: If count or source are out of their range.
            QueryInvalid: If the query cannot be read.
            FeaturesMissing: If the image has no features of the source.
            Unavailable: If the reduction service does not answer.
        """
        wanted = _checked(count)
        async with self.stores(read_only=True) as store:
            project = await access.viewer(store, scope, project_id, Right.READ)
            await existing_image(store, scope, project_id, image_id)
            source = await feature_source(store, project, written_source, "feature_source")
            if source.model == UPLOADED:
                raise InvalidArgument(
                    "Uploaded features may be replaced at any time, so images are compared by models only; write "
                    "models/<model>.",
                    fields=[FieldViolation("feature_source", "must be models/<model>")],
                )
            among = await store.search.ids(scope, project, query)
        found = await self.neighbourhood.find(project_id, source, image_id, among, wanted)
        async with self.stores(read_only=True) as store:
            # Rights may have changed meanwhile.
            near = [one for one, _ in found.images]
            here = {one.image.id: one.image for one in await store.images.details(scope, project_id, near)}
        similar = [
            SimilarImage(one, here[one].file_name, similarity) for one, similarity in found.images if one in here
        ]
        return SimilarImages(tuple(similar), source, found.searched_count)


def _checked(count: int) -> int:
    if not 0 <= count <= MAX_COUNT:
        raise InvalidArgument(
            f"{count} images cannot be asked for; ask for 1 to {MAX_COUNT:,}.",
            fields=[FieldViolation("count", f"must lie in 1 to {MAX_COUNT}")],
        )
    return count or DEFAULT_COUNT
