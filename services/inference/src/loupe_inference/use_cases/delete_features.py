"""Delete vectors of images or of a project."""

from loupe_inference.domain.features import check_ids
from loupe_inference.ports import FeatureStore
from loupe_kit.errors import FieldViolation, InvalidArgument


async def delete_features(store: FeatureStore, *, image_ids: bytes, project_id: str, model: str, version: str) -> int:
    """Delete the vectors that fit everything given; empty arguments do not limit.

    Returns:
        How many there were.

    Raises:
        FeatureIdsInvalid: If the packed ids are not whole or too many.
        InvalidArgument: If neither images nor a project are given, or a version without a model.
    """
    check_ids(image_ids, allow_empty=True)
    if not image_ids and not project_id:
        raise InvalidArgument(
            "Say which features to delete: give image_ids or project_id.",
            fields=[FieldViolation("image_ids", "empty, and so is project_id")],
        )
    if version and not model:
        raise InvalidArgument(
            "A version belongs to a model; give the model too.",
            fields=[FieldViolation("model", "empty, with a version")],
        )
    return await store.delete(image_ids=image_ids, project_id=project_id, model=model, version=version)
