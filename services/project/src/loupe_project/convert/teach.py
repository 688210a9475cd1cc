"""Heads as messages."""

from google.rpc.status_pb2 import Status

from loupe.project.v1 import teach_service_pb2 as pb
from loupe_project.convert import image
from loupe_project.convert.analysis import selector_to_message
from loupe_project.convert.values import timestamp
from loupe_project.domain.analysis import source_name
from loupe_project.domain.head import Head, HeadFigures, HeadState, NewHead

_STATES = {state: pb.Head.State.Value(f"STATE_{state.value}") for state in HeadState}


def new_head_of(message: pb.Head) -> NewHead:
    """What somebody asks for.

    Raises:
        InvalidArgument: If the selector is empty.
    """
    images = image.selection_of(message.selector, "head.selector") if message.HasField("selector") else None
    return NewHead(message.head_name.strip(), images, message.feature_source, message.seed)


def head_to_message(head: Head) -> pb.Head:
    """A version of a head."""
    message = pb.Head(
        name=head.name,
        head_name=head.head_name,
        version=head.version,
        model=head.model,
        selector=selector_to_message(head.images),
        feature_source=source_name(head.source),
        feature_version=head.source.version,
        seed=head.seed,
        state=_STATES[head.state],
        in_use=head.in_use,
        is_verdict=head.is_verdict,
        figures=None if head.figures is None else _figures(head, head.figures),
        creator=head.creator,
        create_time=timestamp(head.create_time),
        update_time=timestamp(head.update_time),
        operation=f"projects/{head.project_id}/operations/{head.operation_id}",
    )
    if head.failure:
        message.failure.CopyFrom(Status.FromString(head.failure))
    return message


def _figures(head: Head, figures: HeadFigures) -> pb.Head.Figures:
    return pb.Head.Figures(
        kind=pb.Head.Kind.Value(f"KIND_{figures.kind.value}"),
        folds=figures.folds,
        accuracy=figures.accuracy,
        balanced_accuracy=figures.balanced_accuracy,
        macro_f1=figures.macro_f1,
        log_loss=figures.log_loss,
        calibration_error=figures.calibration_error,
        classes=[_class(head, figures, place) for place in range(len(head.classes))],
        confusion=[count for row in figures.confusion for count in row],
        label_count=sum(figures.label_counts),
        skipped_count=figures.skipped_count,
        compute_seconds=figures.compute_seconds,
    )


def _class(head: Head, figures: HeadFigures, place: int) -> pb.Head.Class:
    if not figures.confusion:
        return pb.Head.Class(display_name=head.classes[place])
    hits = figures.confusion[place][place]
    said = sum(row[place] for row in figures.confusion)
    return pb.Head.Class(
        display_name=head.classes[place],
        label_count=figures.label_counts[place],
        recall=hits / max(figures.label_counts[place], 1),
        precision=hits / max(said, 1),
    )
