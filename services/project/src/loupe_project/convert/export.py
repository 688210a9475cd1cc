"""Exports as messages."""

from loupe.project.v1 import export_service_pb2 as pb
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.convert import image
from loupe_project.convert.analysis import selector_to_message
from loupe_project.convert.split import split_id_of
from loupe_project.convert.values import timestamp
from loupe_project.domain import names
from loupe_project.domain.export import Content, Export, ExportState, NewExport
from loupe_project.domain.selection import Selection

_CONTENTS = {content: pb.Export.Content.Value(f"CONTENT_{content.value}") for content in Content}
_CONTENTS_OF = {message: content for content, message in _CONTENTS.items()}
_STATES = {state: pb.Export.State.Value(f"STATE_{state.value}") for state in ExportState}
_ANALYSIS = "projects/{project}/analyses/{analysis}"


def to_message(export: Export) -> pb.Export:
    """An export."""
    maps = export.analysis_ids or ()
    return pb.Export(
        name=export.name,
        selector=None if export.split_id else selector_to_message(export.selection),
        split=f"projects/{export.project_id}/splits/{export.split_id}" if export.split_id else "",
        contents=[_CONTENTS[one] for one in export.contents],
        analyses=[f"projects/{export.project_id}/analyses/{one}" for one in maps],
        state=_STATES[export.state],
        image_count=export.image_count,
        size_bytes=export.size_bytes,
        creator=export.creator,
        create_time=timestamp(export.create_time),
        expire_time=timestamp(export.expire_time),
        operation=f"projects/{export.project_id}/operations/{export.operation_id}",
    )


def new_of(project_id: str, message: pb.Export) -> NewExport:
    """What somebody asks for.

    Raises:
        InvalidArgument: If not exactly one of selector and split is given, a content is unknown, or a map or the
            split is of another project.
    """
    unknown = [one for one in message.contents if one not in _CONTENTS_OF]
    if unknown:
        raise InvalidArgument(
            f"Contents {unknown[:5]} are unknown; there are {', '.join(one.value for one in Content)}.",
            fields=[FieldViolation("export.contents", "must be known contents")],
        )
    maps = [_analysis_id(project_id, name) for name in message.analyses]
    if message.split and message.HasField("selector"):
        raise InvalidArgument(
            "Say which images to export: by a selector or by a split, not both.",
            fields=[FieldViolation("export.split", "must be empty beside selector")],
        )
    split_id = split_id_of(project_id, message.split, "export.split") if message.split else ""
    return NewExport(
        selection=Selection(ids=()) if split_id else image.selection_of(message.selector, "export.selector"),
        split_id=split_id,
        contents=tuple(_CONTENTS_OF[one] for one in message.contents),
        analysis_ids=tuple(maps) if maps else None,
    )


def _analysis_id(project_id: str, name: str) -> str:
    project, analysis_id = names.split(_ANALYSIS, name, "export.analyses")
    if project != project_id:
        raise InvalidArgument(
            f"{name} is a map of another project; export it from there.",
            fields=[FieldViolation("export.analyses", "must be maps of this project")],
        )
    return analysis_id
