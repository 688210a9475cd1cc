"""Images, labels, boxes, selections as messages."""

from collections.abc import Collection, Mapping
from math import isfinite

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from google.rpc.status_pb2 import Status

from loupe.inference.v1.prediction_pb2 import Prediction
from loupe.project.v1 import image_pb2 as pb
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.convert import query as convert_query
from loupe_project.convert.values import timestamp
from loupe_project.domain import names
from loupe_project.domain.image import (
    Box,
    FeatureSource,
    ImageDetails,
    ImageState,
    ImageTag,
    Label,
    MetadataValue,
    NewLabel,
    Origin,
)
from loupe_project.domain.selection import MAX_IDS, Selection

STATES = {
    ImageState.PENDING: pb.Image.STATE_PENDING,
    ImageState.ANALYSED: pb.Image.STATE_ANALYSED,
    ImageState.FAILED: pb.Image.STATE_FAILED,
}
ORIGINS = {Origin.AUTO: pb.TAG_ORIGIN_AUTO, Origin.USER: pb.TAG_ORIGIN_USER}

_SAVED_SEARCH = "projects/{project}/savedSearches/{saved_search}"
MAX_KEYS = 200
_MAX_KEY_CHARS = 100
_MAX_TEXT_CHARS = 2000
_MAX_LABEL_CHARS = 200


ALL_FIELDS = frozenset(pb.Image.DESCRIPTOR.fields_by_name)


def wanted_fields(mask: FieldMask) -> frozenset[str]:
    """The fields of an image that a read mask asks for: all when it is empty, the name always.

    Raises:
        InvalidArgument: If it names what is no field of an image.
    """
    wrong = [path for path in mask.paths if path not in ALL_FIELDS]
    if wrong:
        raise InvalidArgument(
            f"read_mask names {', '.join(wrong)[:200]}; an image has {', '.join(sorted(ALL_FIELDS))}.",
            fields=[FieldViolation(f"read_mask.{path}", "unknown") for path in wrong],
        )
    return frozenset({"name", *mask.paths}) if mask.paths else ALL_FIELDS


def to_message(details: ImageDetails, wanted: Collection[str] = ALL_FIELDS) -> pb.Image:
    """An image with what is known of it, or with those of its fields that are wanted."""
    image = details.image
    message = pb.Image(
        name=names.image(image.project_id, image.id),
        file_name=image.file_name,
        format=image.format,
        width=image.width,
        height=image.height,
        size_bytes=image.size_bytes,
        sha256=image.sha256,
        state=STATES[image.state],
        tags=[_tag_to_message(image.project_id, one) for one in details.tags],
        labels=[label_to_message(image.project_id, one) for one in details.labels],
        predictions=[Prediction.FromString(one.output) for one in details.predictions],
        capture_time=timestamp(image.capture_time),
        upload_time=timestamp(image.upload_time),
        uploader=image.uploader,
        upload_batch=names.upload_batch(image.project_id, image.upload_batch_id) if image.upload_batch_id else "",
        feature_sets=_feature_sets(details.feature_sources),
    )
    message.metadata.update(details.metadata)
    if image.failure is not None:
        message.failure.CopyFrom(Status.FromString(image.failure))
    for field in ALL_FIELDS.difference(wanted):
        message.ClearField(field)  # type: ignore[arg-type]
    return message


def _feature_sets(sources: tuple[FeatureSource, ...]) -> list[str]:
    """A model by its id, a set of uploaded features by its name."""
    return list(dict.fromkeys(one.version if one.model == "uploaded" else one.model for one in sources))


def _tag_to_message(project_id: str, tag: ImageTag) -> pb.ImageTag:
    return pb.ImageTag(
        tag=names.tag(project_id, tag.tag_id),
        display_name=tag.display_name,
        origin=ORIGINS[tag.origin],
        creator=tag.creator,
        create_time=timestamp(tag.create_time),
    )


def label_to_message(project_id: str, label: Label) -> pb.Label:
    """A label of an image of the project."""
    message = pb.Label(
        name=names.label(project_id, label.image_id, label.id),
        display_name=label.display_name,
        creator=label.creator,
        create_time=timestamp(label.create_time),
    )
    if label.box is not None:
        box = label.box
        message.box.CopyFrom(pb.BoundingBox(x=box.x, y=box.y, width=box.width, height=box.height))
    return message


def label_of(message: pb.Label, field: str = "label") -> NewLabel:
    """A label that somebody gives.

    Raises:
        InvalidArgument: If its class is empty or longer than 200 characters.
    """
    name = message.display_name.strip()
    if not name or len(name) > _MAX_LABEL_CHARS:
        raise InvalidArgument(
            f"A label has a class of 1 to {_MAX_LABEL_CHARS} characters; this one has {len(name)}.",
            fields=[FieldViolation(f"{field}.display_name", f"must have 1 to {_MAX_LABEL_CHARS} characters")],
        )
    return NewLabel(name, box_of(message))


def box_of(message: pb.Label) -> Box | None:
    """The box of a label; None for one of the whole image."""
    if not message.HasField("box"):
        return None
    return Box(message.box.x, message.box.y, message.box.width, message.box.height)


def metadata_of(message: Struct, field: str = "image.metadata") -> dict[str, MetadataValue]:
    """Metadata by key; keys whose value is null are left out.

    Raises:
        InvalidArgument: If there are more than 200 keys, or one is empty, too long, or holds a list, an object or NaN.
    """
    endless = next((key for key, one in message.fields.items() if not isfinite(one.number_value)), None)
    if endless is not None:
        raise InvalidArgument(
            f"Metadata {endless[:50]!r} is no finite number; leave it out.",
            fields=[FieldViolation(f"{field}.{endless}", "must be finite")],
        )
    values: Mapping[str, object] = MessageToDict(message)
    if len(values) > MAX_KEYS:
        raise InvalidArgument(
            f"An image has at most {MAX_KEYS} metadata keys; these are {len(values)}.",
            fields=[FieldViolation(field, f"must have at most {MAX_KEYS} keys")],
        )
    return {key: _value_of(key, value, field) for key, value in values.items() if value is not None}


def _value_of(key: str, value: object, field: str) -> MetadataValue:
    if not key.strip() or len(key) > _MAX_KEY_CHARS:
        raise InvalidArgument(
            f"A metadata key has 1 to {_MAX_KEY_CHARS} characters; {key[:50]!r} has {len(key)}.",
            fields=[FieldViolation(field, f"keys must have 1 to {_MAX_KEY_CHARS} characters")],
        )
    if isinstance(value, str) and len(value) <= _MAX_TEXT_CHARS:
        return value
    if isinstance(value, bool | float | int):
        return value
    raise InvalidArgument(
        f"Metadata {key!r} must be a text of at most {_MAX_TEXT_CHARS} characters, a number or a truth value.",
        fields=[FieldViolation(f"{field}.{key}", "must be a text, a number or a truth value")],
        key=key,
    )


def selection_of(message: pb.ImageSelector, field: str = "selector") -> Selection:
    """Which images.

    Raises:
        InvalidArgument: If nothing is selected, no id is given, more than 100,000 are, or one is none.
    """
    kind = message.WhichOneof("selector")
    if kind == "query":
        return Selection(query=message.query)
    if kind == "tree":
        return Selection(query=convert_query.text_of("", message.tree))
    if kind == "saved_search":
        return Selection(saved_search_id=names.split(_SAVED_SEARCH, message.saved_search, f"{field}.saved_search")[1])
    if kind is None:
        raise InvalidArgument(
            "Say which images: ids, or a query (an empty query means all of the project).",
            fields=[FieldViolation(field, "must hold images or query")],
        )
    given = message.images.ids
    if not 1 <= len(given) <= MAX_IDS:
        raise InvalidArgument(
            f"Name 1 to {MAX_IDS:,} images, not {len(given):,}; use a query for more.",
            fields=[FieldViolation(f"{field}.images.ids", f"must hold 1 to {MAX_IDS} ids")],
        )
    return Selection(ids=tuple(names.checked_id(one, f"{field}.images.ids") for one in given))
