"""Tags as messages."""

from loupe.project.v1 import tag_service_pb2 as pb
from loupe_project.convert.image import ORIGINS
from loupe_project.convert.values import timestamp
from loupe_project.domain import names
from loupe_project.domain.tag import Tag


def to_message(tag: Tag) -> pb.Tag:
    """A tag of a project."""
    return pb.Tag(
        name=names.tag(tag.project_id, tag.id),
        display_name=tag.display_name,
        color=tag.color,
        origin=ORIGINS[tag.origin],
        image_count=tag.image_count,
        creator=tag.creator,
        create_time=timestamp(tag.create_time),
        update_time=timestamp(tag.update_time),
    )
