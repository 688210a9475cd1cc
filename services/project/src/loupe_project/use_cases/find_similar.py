"""Images that look like another one, or like a picture that is in no project."""

from dataclasses import dataclass

from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain.analysis import UPLOADED, source_name
from loupe_project.domain.errors import FeaturesMissing
from loupe_project.domain.image import FeatureSource
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Right, Scope
from loupe_project.ports.similar import Neighbourhood, PictureAnalyser, Vector
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases import access
from loupe_project.use_cases.create_analysis import feature_source
from loupe_project.use_cases.get_image import existing_image

DEFAULT_COUNT = 20
MAX_COUNT = 1_000
MAX_PICTURE_BYTES = 12 << 20


@dataclass(frozen=True, slots=True)
class SimilarWish:
    """What is searched, whatever it shall be like."""

    count: int = 0
    """How many; 0: 20."""
    query: str = ""
    """Only among what matches."""
    written_source: str = ""
    """`models/…`; empty: the project's model."""


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
    analyser: PictureAnalyser

    async def to_image(self, scope: Scope, project_id: str, image_id: str, wish: SimilarWish) -> SimilarImages:
        """Search for images like one of the project.

        Raises:
            ProjectNotFound: If the project does not exist for the caller.
            ImageNotFound: If the image does not.
            InvalidArgument: If count or source are out of their range.
            QueryInvalid: If the query cannot be read.
            FeaturesMissing: If the image has no features of the source.
            Unavailable: If the reduction service does not answer.
        """
        count = checked_count(wish.count)
        async with self.stores(read_only=True) as store:
            project = await access.viewer(store, scope, project_id, Right.READ)
            await existing_image(store, scope, project_id, image_id)
            source = await model_source(store, project, wish.written_source)
            among = await store.search.packed_ids(scope, project, wish.query)
        return await self._search(scope, project_id, source, image_id, among, count)

    async def to_picture(self, scope: Scope, project_id: str, picture: bytes, wish: SimilarWish) -> SimilarImages:
        """Search for images like a picture, of which nothing is kept.

        Raises:
            ProjectNotFound: If the project does not exist for the caller.
            InvalidArgument: If count or source are out of their range, or the picture is empty or too large.
            QueryInvalid: If the query cannot be read.
            FeaturesMissing: If the version of the model that answers has analysed no image of the project.
            LoupeError: What the inference service has against the picture, or that the model is not ready.
        """
        count = checked_count(wish.count)
        _check_picture(picture)
        async with self.stores(read_only=True) as store:
            project = await access.viewer(store, scope, project_id, Right.ANALYSE)
            source = await model_source(store, project, wish.written_source)
            known = await store.analyses.feature_versions(project_id, source.model)
            among = await store.search.packed_ids(scope, project, wish.query)
        seen = await self.analyser.feature(source.model, picture)
        if seen.version not in known:
            raise FeaturesMissing(
                f"No image of this project was analysed by version {seen.version} of {source_name(source)}, which "
                "looked at the picture; have the images analysed first.",
                feature_source=source_name(source),
                count="0",
            )
        source = FeatureSource(source.model, seen.version)
        return await self._search(scope, project_id, source, seen.vector, among, count)

    async def _search(
        self, scope: Scope, project_id: str, source: FeatureSource, like: str | Vector, among: bytes, count: int
    ) -> SimilarImages:
        found = await self.neighbourhood.find(project_id, source, like, among, count)
        async with self.stores(read_only=True) as store:
            # Rights may have changed meanwhile.
            near = [one for one, _ in found.images]
            here = {one.image.id: one.image for one in await store.images.details(scope, project_id, near)}
        similar = [
            SimilarImage(one, here[one].file_name, similarity) for one, similarity in found.images if one in here
        ]
        return SimilarImages(tuple(similar), source, found.searched_count)


async def model_source(store: Store, project: Project, written: str) -> FeatureSource:
    """Whose features are compared.

    Raises:
        InvalidArgument: If it is no model.
    """
    source = await feature_source(store, project, written, "feature_source")
    if source.model == UPLOADED:
        raise InvalidArgument(
            "Uploaded features may be replaced at any time, so images are compared by models only; write "
            "models/<model>.",
            fields=[FieldViolation("feature_source", "must be models/<model>")],
        )
    return source


def checked_count(count: int) -> int:
    """How many to search.

    Raises:
        InvalidArgument: If it is out of its range.
    """
    if not 0 <= count <= MAX_COUNT:
        raise InvalidArgument(
            f"{count} cannot be asked for; ask for 1 to {MAX_COUNT:,}.",
            fields=[FieldViolation("count", f"must lie in 1 to {MAX_COUNT}")],
        )
    return count or DEFAULT_COUNT


def _check_picture(picture: bytes) -> None:
    if not picture:
        raise InvalidArgument(
            "The picture is empty; send the bytes of an image file.",
            fields=[FieldViolation("picture", "must hold the bytes of an image file")],
        )
    if len(picture) > MAX_PICTURE_BYTES:
        raise InvalidArgument(
            f"The picture has {len(picture):,} bytes, {MAX_PICTURE_BYTES:,} are allowed; make it smaller, or upload it "
            "and search for what is like the image.",
            fields=[FieldViolation("picture", f"must have at most {MAX_PICTURE_BYTES} bytes")],
        )
