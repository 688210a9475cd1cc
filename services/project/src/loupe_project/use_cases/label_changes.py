"""Changing labels so that the history of the images knows it, and taking that back."""

import json
import struct
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from loupe_kit import ids
from loupe_project.domain import history
from loupe_project.domain.history import Alteration, Change, Fact
from loupe_project.domain.image import Box, Label, NewLabel
from loupe_project.ports.store import Store

_CLASS = "class"
"""Subject of the class of an image: it has one at most, whichever label says it."""

Target = Callable[[str, Sequence[Label]], Sequence[NewLabel]]
"""From the id of an image and the labels that it has to those that it shall have; at most one without a box."""


@dataclass(slots=True)
class _Plan:
    """What is written at once."""

    gone: list[Label] = field(default_factory=list)
    come: list[Label] = field(default_factory=list)
    alterations: list[Alteration] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)
    """Images that have no label any more."""

    def take_away(self, label: Label) -> None:
        """A label goes."""
        self.gone.append(label)
        self._tell(label.image_id, label, None)

    def give(self, label: Label) -> None:
        """A label comes."""
        self.come.append(label)
        self._tell(label.image_id, None, label)

    def change(self, old: Label, new: Label) -> None:
        """A label becomes another one."""
        self.gone.append(old)
        self.come.append(new)
        self._tell(old.image_id, old, new)

    def _tell(self, image_id: str, old: Label | None, new: Label | None) -> None:
        known = old or new
        subject = known.id if known is not None and known.box is not None else _CLASS
        self.alterations.append(
            Alteration(
                image_id=image_id,
                fact=Fact.LABEL,
                subject=subject,
                old=None if old is None else _value(old),
                new=None if new is None else _value(new),
                old_creator=old.creator if old else "",
                old_time=old.create_time if old else None,
            )
        )

    async def write(self, store: Store, change: Change, now: datetime) -> int:
        """Write it all; how many images are other ones now."""
        await store.labels.exchange(change.project_id, self.gone, self.come, now)
        await store.history.record(change.id, self.alterations, now)
        await store.reviews.forget(self.bare)
        return len({one.image_id for one in self.alterations})


async def change_labels(store: Store, change: Change, image_ids: Sequence[str], target: Target, now: datetime) -> int:
    """Give images the labels that they shall have. Those that are right already stay as they are, with who gave them.

    Args:
        store: Open transaction.
        change: Which has begun.
        image_ids: Images of the change's project.
        target: Labels of an image from those it has.
        now: Time of it.

    Returns:
        How many images have other labels now.
    """
    plan = _Plan()
    for image_id, existing in (await store.labels.of_images(image_ids)).items():
        wanted = target(image_id, existing)
        _plan_class(plan, existing, wanted, image_id, change.creator, now)
        _plan_boxes(plan, existing, wanted, image_id, change.creator, now)
        if existing and not wanted:
            plan.bare.append(image_id)
    return await plan.write(store, change, now)


def as_new(labels: Sequence[Label]) -> list[NewLabel]:
    """Labels as somebody would give them."""
    return [NewLabel(one.display_name, one.box) for one in labels]


def _plan_class(
    plan: _Plan, existing: Sequence[Label], wanted: Sequence[NewLabel], image_id: str, creator: str, now: datetime
) -> None:
    old = next((one for one in existing if one.box is None), None)
    new = next((one for one in wanted if one.box is None), None)
    if new is None:
        if old is not None:
            plan.take_away(old)
        return
    label = Label(ids.new_id(), image_id, new.display_name, None, creator, now)
    if old is None:
        plan.give(label)
    elif old.display_name != new.display_name:
        plan.change(old, label)


def _plan_boxes(
    plan: _Plan, existing: Sequence[Label], wanted: Sequence[NewLabel], image_id: str, creator: str, now: datetime
) -> None:
    missing = Counter(same_place(one) for one in wanted if one.box is not None)
    for label in existing:
        if label.box is None:
            continue
        key = same_place(NewLabel(label.display_name, label.box))
        if missing[key]:
            missing[key] -= 1
        else:
            plan.take_away(label)
    for new in wanted:
        if new.box is not None and missing[same_place(new)]:
            missing[same_place(new)] -= 1
            plan.give(Label(ids.new_id(), image_id, new.display_name, new.box, creator, now))


async def change_label(store: Store, change: Change, old: Label, new: NewLabel, now: datetime) -> Label:
    """Make one label another one; it keeps its id."""
    plan = _Plan()
    label = replace(old, display_name=new.display_name, box=new.box, creator=change.creator, create_time=now)
    if _value(label) == _value(old):
        return old
    plan.change(old, label)
    await plan.write(store, change, now)
    return label


class LabelReverter:
    """See `ports.history.Reverter`. Labels come back with the person and the time they had."""

    async def put_back(self, store: Store, change: Change, alterations: Sequence[Alteration], now: datetime) -> int:
        """See `Reverter`."""
        by_image: dict[str, list[Alteration]] = defaultdict(list)
        for one in alterations:
            by_image[one.image_id].append(one)
        plan = _Plan()
        for image_id, existing in (await store.labels.of_images(sorted(by_image))).items():
            for one in by_image[image_id]:
                _plan_back(plan, one, existing, change, now)
            left = {one.id for one in existing} - {one.id for one in plan.gone}
            if existing and not left and not any(one.image_id == image_id for one in plan.come):
                plan.bare.append(image_id)
        await plan.write(store, change, now)
        return len(plan.alterations)


def _plan_back(plan: _Plan, one: Alteration, existing: Sequence[Label], change: Change, now: datetime) -> None:
    current = next((label for label in existing if _subject(label) == one.subject), None)
    if (None if current is None else _value(current)) != one.new:
        return
    old = None if one.old is None else _label(one, change, now)
    if current is not None and old is not None:
        plan.change(current, old)
    elif current is not None:
        plan.take_away(current)
    elif old is not None:
        plan.give(old)


def _label(one: Alteration, change: Change, now: datetime) -> Label:
    value = json.loads(one.old or "{}")
    box = None if value["box"] is None else Box(*value["box"])
    # The class of an image may have got another label meanwhile and lost it again: its id is not free for sure.
    label_id = ids.new_id() if box is None else one.subject
    return Label(label_id, one.image_id, value["label"], box, one.old_creator or change.creator, one.old_time or now)


def _subject(label: Label) -> str:
    return _CLASS if label.box is None else label.id


def _value(label: Label) -> str:
    return history.label_value(label.display_name, None if label.box is None else _sides(label.box))


def same_place(label: NewLabel) -> tuple[str, tuple[float, ...] | None]:
    """What two labels have in common that are the same: class and place, as the store gives them back."""
    return label.display_name, None if label.box is None else _sides(label.box)


def _sides(box: Box) -> tuple[float, ...]:
    """The sides as columns of single precision give them back."""
    return struct.unpack("<4f", struct.pack("<4f", box.x, box.y, box.width, box.height))
