"""What is known of images, read in one go: six statements for a whole page."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import and_, case, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql import image_rows
from loupe_project.adapters.sql.tables import (
    image_features,
    image_metadata,
    image_tags,
    labels,
    predictions,
    projects,
    tags,
)
from loupe_project.domain.image import (
    Fact,
    FeatureSource,
    Image,
    ImageDetails,
    ImageTag,
    Label,
    MetadataValue,
    Origin,
    StoredPrediction,
)


async def with_facts(
    session: AsyncSession, project_id: str, found: Sequence[Image], facts: Collection[Fact]
) -> dict[str, ImageDetails]:
    """Images with their facts, by id.

    Args:
        session: Open transaction.
        project_id: Of all the images.
        found: At most as many as an IN list takes.
        facts: What is read of them; all else is empty.
    """
    image_ids = [one.id for one in found]
    if not image_ids:
        return {}
    metadata = await metadata_of(session, image_ids) if Fact.METADATA in facts else {}
    tag_lists = await _tags_of(session, image_ids) if Fact.TAGS in facts else {}
    label_lists = await _labels_of(session, image_ids) if Fact.LABELS in facts else {}
    prediction_lists = await _predictions_of(session, project_id, image_ids) if Fact.PREDICTIONS in facts else {}
    feature_lists = await _features_of(session, image_ids) if Fact.FEATURE_SETS in facts else {}
    return {
        one.id: ImageDetails(
            image=one,
            metadata=metadata.get(one.id, {}),
            tags=tuple(tag_lists.get(one.id, ())),
            labels=tuple(label_lists.get(one.id, ())),
            predictions=tuple(prediction_lists.get(one.id, ())),
            feature_sources=tuple(feature_lists.get(one.id, ())),
        )
        for one in found
    }


async def metadata_of(session: AsyncSession, image_ids: Sequence[str]) -> dict[str, dict[str, MetadataValue]]:
    """Metadata by display key, by image id."""
    rows = await session.execute(
        select(
            image_metadata.c.image_id,
            image_metadata.c.display_key,
            image_metadata.c.type,
            image_metadata.c.text_value,
            image_metadata.c.number_value,
        ).where(image_metadata.c.image_id.in_(image_ids))
    )
    values: dict[str, dict[str, MetadataValue]] = defaultdict(dict)
    for image_id, key, kind, text, number in rows:
        values[image_id][key] = image_rows.metadata_value(kind, text, number)
    return values


async def _tags_of(session: AsyncSession, image_ids: Sequence[str]) -> Mapping[str, list[ImageTag]]:
    rows = await session.execute(
        select(
            image_tags.c.image_id,
            tags.c.id,
            tags.c.display_name,
            image_tags.c.origin,
            image_tags.c.creator,
            image_tags.c.create_time,
        )
        .join(tags, tags.c.id == image_tags.c.tag_id)
        .where(image_tags.c.image_id.in_(image_ids))
        .order_by(case((image_tags.c.origin == Origin.AUTO, 0), else_=1), tags.c.name_folded)
    )
    lists: dict[str, list[ImageTag]] = defaultdict(list)
    for image_id, tag_id, name, origin, creator, time in rows:
        lists[image_id].append(ImageTag(tag_id, name, Origin(origin), creator, time))
    return lists


async def _labels_of(session: AsyncSession, image_ids: Sequence[str]) -> Mapping[str, list[Label]]:
    rows = await session.execute(select(labels).where(labels.c.image_id.in_(image_ids)).order_by(labels.c.id))
    lists: dict[str, list[Label]] = defaultdict(list)
    for row in rows:
        lists[row.image_id].append(image_rows.label_of(row))
    return lists


async def _predictions_of(
    session: AsyncSession, project_id: str, image_ids: Sequence[str]
) -> Mapping[str, list[StoredPrediction]]:
    model = select(projects.c.model).where(projects.c.id == project_id).scalar_subquery()
    version = select(projects.c.model_version).where(projects.c.id == project_id).scalar_subquery()
    is_own = predictions.c.model == model
    place = case((and_(is_own, predictions.c.version == version), 0), (is_own, 1), else_=2)
    rows = await session.execute(
        select(
            predictions.c.image_id,
            predictions.c.model,
            predictions.c.version,
            predictions.c.output,
            predictions.c.create_time,
        )
        .where(predictions.c.image_id.in_(image_ids))
        .order_by(place, predictions.c.create_time.desc())
    )
    lists: dict[str, list[StoredPrediction]] = defaultdict(list)
    for image_id, *columns in rows:
        lists[image_id].append(StoredPrediction(*columns))
    return lists


async def _features_of(session: AsyncSession, image_ids: Sequence[str]) -> Mapping[str, list[FeatureSource]]:
    rows = await session.execute(
        select(image_features.c.image_id, image_features.c.model, image_features.c.version)
        .where(image_features.c.image_id.in_(image_ids))
        .order_by(image_features.c.model, image_features.c.version)
    )
    lists: dict[str, list[FeatureSource]] = defaultdict(list)
    for image_id, model, version in rows:
        lists[image_id].append(FeatureSource(model, version))
    return lists
