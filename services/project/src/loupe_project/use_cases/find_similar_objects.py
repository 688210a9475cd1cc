"""Objects, found by a detector, that look like another one."""

from dataclasses import dataclass

from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain.image import FeatureSource, Image
from loupe_project.domain.scope import Right, Scope
from loupe_project.ports.similar import Neighbourhood
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases import access
from loupe_project.use_cases.find_similar import SimilarWish, checked_count, model_source
from loupe_project.use_cases.get_image import existing_image

MAX_NUMBER = 299


@dataclass(frozen=True, slots=True)
class SimilarObject:
    """An object that looks like another one."""

    image: Image
    number: int
    """Its place in the boxes of the image's prediction, from 0."""
    similarity: float
    """Cosine, in [-1, 1]."""
    output: bytes
    """What the detector said of the image: a serialised `loupe.inference.v1.Prediction`."""


@dataclass(frozen=True, slots=True)
class SimilarObjects:
    """What a search found."""

    objects: tuple[SimilarObject, ...]
    source: FeatureSource
    searched_count: int


@dataclass(frozen=True, slots=True)
class FindSimilarObjects:
    """Searches in images that the caller may see: what is hidden from him neither shows nor takes a place."""

    stores: StoreFactory
    neighbourhood: Neighbourhood

    async def __call__(
        self, scope: Scope, project_id: str, image_id: str, number: int, wish: SimilarWish
    ) -> SimilarObjects:
        """Search.

        Args:
            scope: Of the caller.
            project_id: Where.
            image_id: Which image holds the object.
            number: The object's place in the boxes of the image's prediction, from 0.
            wish: How many, and among which.

        Raises:
            ProjectNotFound: If the project does not exist for the caller.
            ImageNotFound: If the image does not.
            InvalidArgument: If number, count or source are out of their range.
            QueryInvalid: If the query cannot be read.
            FeaturesMissing: If there is no such object, or it has no features.
            Unavailable: If the reduction service does not answer.
        """
        count = checked_count(wish.count)
        if not 0 <= number <= MAX_NUMBER:
            raise InvalidArgument(
                f"There is no object {number}; they are counted from 0 to {MAX_NUMBER}.",
                fields=[FieldViolation("object", f"must lie in 0 to {MAX_NUMBER}")],
            )
        async with self.stores(read_only=True) as store:
            project = await access.viewer(store, scope, project_id, Right.READ)
            await existing_image(store, scope, project_id, image_id)
            source = await model_source(store, project, wish.written_source)
            has_objects = f"box[model:{source.model}@{source.version}]"
            among = await store.search.packed_ids(scope, project, has_objects, wish.query)
        found = await self.neighbourhood.find_objects(project_id, source, image_id, number, among, count)
        async with self.stores(read_only=True) as store:
            # Rights may have changed meanwhile.
            near = list(dict.fromkeys(one.image_id for one in found.objects))
            details = await store.images.details(scope, project_id, near)
        said = {
            (one.image.id): (one.image, prediction.output)
            for one in details
            for prediction in one.predictions
            if (prediction.model, prediction.version) == (source.model, source.version)
        }
        similar = [
            SimilarObject(said[one.image_id][0], one.number, one.similarity, said[one.image_id][1])
            for one in found.objects
            if one.image_id in said
        ]
        return SimilarObjects(tuple(similar), source, found.searched_count)
