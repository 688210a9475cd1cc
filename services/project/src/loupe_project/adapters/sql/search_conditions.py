"""The typed query as an SQL condition on `images`, for SQLite and MariaDB alike.

Every condition is true or false, never NULL, so that NOT gives exactly the other images.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select, true

from loupe_project.adapters.sql.image_sets import in_set
from loupe_project.adapters.sql.scope import Sight, kept
from loupe_project.adapters.sql.search_boxes import box_condition, box_count, model_condition
from loupe_project.adapters.sql.search_matching import any_interval, any_of, any_pattern, given
from loupe_project.adapters.sql.tables import (
    changes,
    duplicates,
    image_history,
    image_metadata,
    image_tags,
    images,
    labels,
    outlier_scores,
    predictions,
    tags,
)
from loupe_project.adapters.sql.verdict_conditions import predicted_defect, predicted_good, true_defect, true_good
from loupe_project.domain.image import ImageState
from loupe_project.domain.query import tree, verdicts

Condition = ColumnElement[bool]
Patterns = tuple[tree.Pattern, ...]


def condition(node: tree.Node, project_id: str, seen: Sight | None = None) -> Condition:
    """What has to hold for a row of `images` of the project.

    Args:
        node: The query.
        project_id: Whose images are asked for.
        seen: What the caller sees, where an image is a match for the sake of another one; None: all. His rights to
            the rows themselves are for whoever calls to add.
    """
    return _Compiler(project_id, seen).condition(node)


class _Compiler:
    """Facts in other tables are asked for as `id IN (…)`, with subqueries that do not look at the image's row.

    Either database then reads the facts once, through the index that begins with the project, instead of once
    for each image.
    """

    def __init__(self, project_id: str, seen: Sight | None) -> None:
        self._project_id = project_id
        self._seen = seen
        self._texts: dict[str, Callable[[Patterns], Condition]] = {
            "tag": self._tag,
            "label": _nullable(images.c.label_folded),
            "truth": self._label,
            "name": _name,
            "format": _nullable(func.lower(images.c.format)),
            "batch": _batch,
            "by": _principal,
        }

    def condition(self, node: tree.Node) -> Condition:
        match node:
            case tree.Everything():
                return true()
            case tree.And(children):
                return and_(true(), *(self.condition(child) for child in children))
            case tree.Or(children):
                return or_(false(), *(self.condition(child) for child in children))
            case tree.Not(child):
                return not_(self.condition(child).self_group())
            case tree.Contains(pattern):
                return self._contains(pattern)
            case tree.BoxTerm(inner):
                return box_condition(inner, self._project_id)
            case tree.CountTerm():
                return box_count(node)
            case _:
                return self._term(node)

    def _term(self, node: tree.Term) -> Condition:
        match node:
            case tree.TextTerm(field, patterns):
                return self._texts[field.name](patterns)
            case tree.NumberTerm(field, numbers):
                return self._number(field, numbers)
            case tree.TimeTerm(field, times):
                return self._time(field, times)
            case tree.MetadataTerm():
                return self._metadata(node)
            case tree.PresenceTerm(field):
                return self._present(field)
            case _:
                return self._belongs(node)

    def _belongs(self, node: tree.ModelTerm | tree.StateTerm | tree.DuplicateTerm | tree.SetTerm) -> Condition:
        match node:
            case tree.ModelTerm(models):
                return self._has(predictions, any_of([model_condition(name, version) for name, version in models]))
            case tree.StateTerm(state):
                return self._state(state)
            case tree.DuplicateTerm(part):
                return self._duplicate(part)
            case tree.SetTerm(set_ids):
                return any_of([in_set(one) for one in set_ids])

    def _has(self, table: Any, *where: Condition) -> Condition:
        return images.c.id.in_(select(table.c.image_id).where(table.c.project_id == self._project_id, *where))

    def _contains(self, pattern: tree.Pattern) -> Condition:
        return or_(
            any_pattern(images.c.file_name_folded, (pattern,)),
            given(images.c.label_folded, any_pattern(images.c.label_folded, (pattern,))),
            self._label((pattern,)),
            self._tag((pattern,)),
        )

    def _tag(self, patterns: Patterns) -> Condition:
        return self._tagged(any_pattern(tags.c.name_folded, patterns))

    def _tagged(self, which: Condition) -> Condition:
        wanted = select(tags.c.id).where(tags.c.project_id == self._project_id, which)
        return images.c.id.in_(select(image_tags.c.image_id).where(image_tags.c.tag_id.in_(wanted)))

    def _label(self, patterns: Patterns) -> Condition:
        return self._has(labels, any_pattern(labels.c.name_folded, patterns))

    def _number(self, field: tree.Field, numbers: tuple[tree.Interval[float], ...]) -> Condition:
        if field.name == "outlier":
            return self._has(outlier_scores, any_interval(outlier_scores.c.score, numbers))
        return given(_COLUMNS[field.name], any_interval(_COLUMNS[field.name], numbers))

    def _time(self, field: tree.Field, times: tuple[tree.Interval[datetime], ...]) -> Condition:
        if field.name == tree.CHANGED:
            return self._changed(times)
        return given(_COLUMNS[field.name], any_interval(_COLUMNS[field.name], times))

    def _changed(self, times: tuple[tree.Interval[datetime], ...]) -> Condition:
        """The image's own row tells its last change by Loupe, the history every change by people."""
        mine = changes.c.project_id == self._project_id
        lines = select(image_history.c.image_id).join(changes, changes.c.id == image_history.c.change_id)
        return or_(
            any_interval(images.c.update_time, times),
            images.c.id.in_(lines.where(mine, any_interval(image_history.c.create_time, times))),
        )

    def _metadata(self, node: tree.MetadataTerm) -> Condition:
        columns = image_metadata.c
        values = [
            given(columns.text_folded, any_pattern(columns.text_folded, node.patterns)),
            given(columns.number_value, any_interval(columns.number_value, node.numbers)),
            given(columns.time_value, any_interval(columns.time_value, node.times)),
        ]
        asked = [value for value, by in zip(values, (node.patterns, node.numbers, node.times), strict=True) if by]
        return self._has(image_metadata, columns.key == node.field.key, any_of(asked))

    def _state(self, state: tree.State) -> Condition:
        match state:
            case tree.State.OVERKILL:
                return and_(true_good(self._project_id), predicted_defect(self._project_id))
            case tree.State.ESCAPE:
                return and_(true_defect(self._project_id), predicted_good(self._project_id))
            case tree.State.REVIEWED:
                return or_(self._has(labels), self._tag((tree.Pattern((verdicts.REVIEWED_TAG,)),)))
            case _:
                return images.c.state == ImageState[state.name].value

    def _duplicate(self, part: tree.Duplicates) -> Condition:
        """Who may not see the other image of a pair does not learn that there is one."""
        table = duplicates.c
        mine, other = table.image_id, table.keeper_id
        kind = table.is_exact == (part is tree.Duplicates.EXACT)
        if part is tree.Duplicates.KEEPER:
            mine, other, kind = other, mine, true()
        seen = true() if self._seen is None else self._seen.images(other)
        if self._seen is not None and self._seen.scope.everything:
            seen = kept(other)
        return images.c.id.in_(select(mine).where(table.project_id == self._project_id, kind, seen))

    def _present(self, field: tree.Field) -> Condition:
        if field.kind is tree.Kind.METADATA:
            return self._has(image_metadata, image_metadata.c.key == field.key)
        if field.name == "tag":
            return self._tagged(true())
        if field.name == "outlier":
            return self._has(outlier_scores)
        if field.kind is tree.Kind.DUPLICATE:
            return or_(*(self._duplicate(part) for part in tree.Duplicates))
        if field.name in ("model", "truth"):
            return self._has(predictions if field.name == "model" else labels)
        return _COLUMNS[field.name].is_not(None)


def _name(patterns: Patterns) -> Condition:
    """The whole name with its folders, or its last part."""
    last = tuple(_after_slash(pattern) for pattern in patterns if "/" not in "".join(pattern.pieces))
    return any_pattern(images.c.file_name_folded, patterns + last)


def _after_slash(pattern: tree.Pattern) -> tree.Pattern:
    first, *rest = pattern.pieces
    return tree.Pattern(("", f"/{first}", *rest))


def _principal(patterns: Patterns) -> Condition:
    return any_pattern(images.c.uploader, patterns + tuple(_after_slash(pattern) for pattern in patterns))


def _batch(patterns: Patterns) -> Condition:
    """By id or by resource name."""
    ids = tuple(tree.Pattern((*p.pieces[:-1], p.pieces[-1].rpartition("/")[2])) for p in patterns)
    return given(images.c.upload_batch_id, any_pattern(images.c.upload_batch_id, ids))


def _nullable(column: ColumnElement[Any]) -> Callable[[tuple[tree.Pattern, ...]], Condition]:
    return lambda patterns: given(column, any_pattern(column, patterns))


_COLUMNS: dict[str, ColumnElement[Any]] = {
    "label": images.c.label_folded,
    "conf": images.c.confidence,
    "at": images.c.capture_time,
    "uploaded": images.c.upload_time,
    "changed": images.c.update_time,
    "name": images.c.file_name,
    "format": images.c.format,
    "width": images.c.width,
    "height": images.c.height,
    "brightness": images.c.brightness,
    "contrast": images.c.contrast,
    "sharpness": images.c.sharpness,
    "size": images.c.size_bytes,
    "batch": images.c.upload_batch_id,
    "by": images.c.uploader,
}
