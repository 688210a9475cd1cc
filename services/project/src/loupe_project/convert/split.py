"""Splits as messages."""

import json
from collections.abc import Sequence

from google.rpc.status_pb2 import Status

from loupe.project.v1 import split_service_pb2 as pb
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.convert import image
from loupe_project.convert.analysis import selector_to_message
from loupe_project.convert.curation import STATES
from loupe_project.convert.values import timestamp
from loupe_project.domain import names, split_words
from loupe_project.domain.split import NewSplit, Part, Split, SplitImage
from loupe_project.use_cases.find_leakage import Leakage, LeakageGroup, LeakageWish

_PARTS = {part: pb.SplitPart.Value(f"SPLIT_PART_{part.name}") for part in Part}
_PARTS_OF = {message: part for part, message in _PARTS.items()}
_SELECTION = "projects/{project}/selections/{selection}"
_SPLIT = "projects/{project}/splits/{split}"


def new_of(project_id: str, message: pb.Split) -> NewSplit:
    """What somebody asks for.

    Raises:
        InvalidArgument: If not exactly one of selector and selection is given, or the selection is of another project.
    """
    if message.HasField("selector") == bool(message.selection):
        raise InvalidArgument(
            "Say which images to share out: by a selector or by a selection, not both.",
            fields=[FieldViolation("split.selector", "must be given, or selection")],
        )
    return NewSplit(
        images=image.selection_of(message.selector, "split.selector") if message.HasField("selector") else None,
        selection_id=_id_in(project_id, _SELECTION, message.selection, "split.selection") if message.selection else "",
        fractions={
            Part.TRAIN: message.train_fraction,
            Part.VAL: message.val_fraction,
            Part.TEST: message.test_fraction,
        },
        display_name=message.display_name,
        stratify_by=message.stratify_by.strip(),
        group_by=message.group_by.strip(),
        seed=message.seed,
    )


def part_of(message: pb.SplitPart.ValueType) -> Part | None:
    """A part; None where none is given.

    Raises:
        InvalidArgument: If it is unknown.
    """
    if message == pb.SPLIT_PART_UNSPECIFIED:
        return None
    found = _PARTS_OF.get(message)
    if found is None:
        raise InvalidArgument(
            f"There is no part {message}; there are TRAIN, VAL and TEST.", fields=[FieldViolation("part", "is unknown")]
        )
    return found


def to_message(split: Split) -> pb.Split:
    """A split."""
    facts = split.facts
    message = pb.Split(
        name=split.name,
        display_name=split.display_name,
        selector=None if split.images is None else selector_to_message(split.images),
        selection=_name(split.project_id, "selections", split.selection_id),
        train_fraction=split.fractions[Part.TRAIN],
        val_fraction=split.fractions[Part.VAL],
        test_fraction=split.fractions[Part.TEST],
        stratify_by=split.stratify_by,
        group_by=split.group_by,
        seed=split.seed,
        state=STATES[split.state],
        parts=[
            pb.Split.PartCounts(part=_PARTS[part], fraction=share, image_count=split.counts.get(part, 0))
            for part, share in split.fractions.items()
        ],
        group_count=facts.group_count,
        duplicate_run=_name(split.project_id, "curationRuns", facts.duplicate_run_id),
        unsearched_count=facts.unsearched_count,
        split_sha256=facts.sha256,
        creator=split.creator,
        create_time=timestamp(split.create_time),
        update_time=timestamp(split.update_time),
        operation=names.operation(split.project_id, split.operation_id),
    )
    if split.failure:
        message.failure.CopyFrom(Status.FromString(split.failure))
    return message


def image_to_message(project_id: str, one: SplitImage) -> pb.SplitImage:
    """An image of a split."""
    return pb.SplitImage(
        image=names.image(project_id, one.image_id),
        file_name=one.file_name,
        part=_PARTS[one.part],
        stratum=one.stratum,
        reason=one.reason,
        reason_ko=split_words.in_korean(one.reason),
    )


def manifest(split: Split, images: Sequence[SplitImage]) -> bytes:
    """The manifest of a split: indented JSON."""
    given = split.images
    content = {
        "format": "loupe-split-1",
        "split": split.name,
        "display_name": split.display_name,
        "create_time": split.create_time.isoformat(),
        "creator": split.creator,
        "query": given.query if given is not None and given.ids is None else None,
        "ids": list(given.ids) if given is not None and given.ids is not None else None,
        "selection": _name(split.project_id, "selections", split.selection_id) or None,
        "fractions": {part.value: share for part, share in split.fractions.items()},
        "stratify_by": split.stratify_by or None,
        "group_by": split.group_by or None,
        "seed": split.seed,
        "duplicate_run": _name(split.project_id, "curationRuns", split.facts.duplicate_run_id),
        "unsearched_count": split.facts.unsearched_count,
        "split_sha256": split.facts.sha256,
        "images": [
            {
                "part": one.part.value,
                "image": names.image(split.project_id, one.image_id),
                "file_name": one.file_name,
                "sha256": one.sha256,
                "stratum": one.stratum or None,
                "reason": one.reason,
            }
            for one in images
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"


def leakage_wish_of(project_id: str, message: pb.FindLeakageRequest) -> LeakageWish:
    """Between which parts to look.

    Raises:
        InvalidArgument: If a split and parts are given, or the split is of another project.
    """
    if message.split and message.parts:
        raise InvalidArgument(
            "Name either a split or parts, not both.", fields=[FieldViolation("parts", "must be empty beside split")]
        )
    if message.split:
        return LeakageWish(split_id=_id_in(project_id, _SPLIT, message.split, "split"))
    return LeakageWish(queries=tuple((one.display_name.strip(), one.query) for one in message.parts))


def leakage_to_message(project_id: str, leakage: Leakage, next_page_token: str) -> pb.FindLeakageResponse:
    """What leaks."""
    return pb.FindLeakageResponse(
        groups=[_group(project_id, group) for group in leakage.groups],
        next_page_token=next_page_token,
        group_count=leakage.group_count,
        image_count=leakage.image_count,
        leaking_count=leakage.leaking_count,
        duplicate_run=_name(project_id, "curationRuns", leakage.run_id),
        unsearched_count=leakage.unsearched_count,
    )


def _group(project_id: str, group: LeakageGroup) -> pb.LeakageGroup:
    members = [
        pb.LeakageGroup.Member(
            image=names.image(project_id, one.image_id),
            file_name=one.file_name,
            parts=one.parts,
            is_exact=one.is_exact,
        )
        for one in group.members
    ]
    return pb.LeakageGroup(members=members, member_count=group.member_count)


def split_id_of(project_id: str, name: str, field: str) -> str:
    """Id in the name of a split of the project.

    Raises:
        InvalidArgument: If it is no such name, or of another project.
    """
    return _id_in(project_id, _SPLIT, name, field)


def _id_in(project_id: str, form: str, name: str, field: str) -> str:
    project, found = names.split(form, name, field)
    if project != project_id:
        raise InvalidArgument(
            f"{name} is of another project; take one of this project.",
            fields=[FieldViolation(field, "must be of this project")],
        )
    return found


def _name(project_id: str, collection: str, one: str) -> str:
    return f"projects/{project_id}/{collection}/{one}" if one else ""
