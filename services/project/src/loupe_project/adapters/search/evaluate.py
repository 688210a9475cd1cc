"""The typed query as a mask of the rows of a view. Dead rows may be in it; the caller's sight takes them out."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from loupe_project.adapters.search import box_masks
from loupe_project.adapters.search.columns import NONE, Codes, Dictionary, Links, Mask, MetadataColumn
from loupe_project.adapters.search.matching import any_number, any_pattern, any_time
from loupe_project.adapters.search.project_index import STATES
from loupe_project.adapters.search.view import View
from loupe_project.domain.image import ImageState
from loupe_project.domain.query import tree, verdicts
from loupe_project.domain.query.fields import BOX_FIELDS

Patterns = Sequence[tree.Pattern]

_GOOD = tuple(tree.Pattern((name,)) for name in verdicts.GOOD)
_REVIEWED = (tree.Pattern((verdicts.REVIEWED_TAG,)),)
_DEFECT_BOX = tree.Not(tree.TextTerm(BOX_FIELDS["label"], _GOOD))
_COMBINED = (tree.And, tree.Or, tree.Not, tree.Everything)


class Evaluator:
    """Evaluates queries for one caller.

    Args:
        view: What the index holds.
        visible: Rows that exist for the caller: array (N,).
        sets: Rows of the sets that the query names, by id: arrays (N,).
    """

    def __init__(self, view: View, visible: Mask, sets: Mapping[str, Mask] | None = None) -> None:
        self._view = view
        self._sets = sets or {}
        self.visible = visible
        self._texts: dict[str, Callable[[Patterns], Mask]] = {
            "tag": self._tag,
            "label": lambda patterns: self._coded("label", patterns),
            "truth": lambda patterns: self._linked(view.truth, patterns),
            "name": lambda patterns: any_pattern(view.names, _with_last_part(patterns)),
            "format": lambda patterns: self._coded("format", patterns),
            "batch": lambda patterns: self._coded("batch", [_id_of(one) for one in patterns]),
            "by": lambda patterns: self._coded("by", [*patterns, *map(_after_slash, patterns)]),
        }

    def matching(self, node: tree.Node) -> Mask:
        """Rows that match and exist for the caller: array (N,)."""
        return self.mask(node) & self.visible

    def mask(self, node: tree.Node) -> Mask:
        """Rows that match: array (N,); do not write to it."""
        match node:
            case tree.Everything():
                return np.ones(self._view.size, np.bool_)
            case tree.And(children):
                found = np.ones(self._view.size, np.bool_)
                for child in children:
                    found &= self.mask(child)
                return found
            case tree.Or(children):
                found = self._view.none()
                for child in children:
                    found |= self.mask(child)
                return found
            case tree.Not(child):
                return ~self.mask(child)
            case tree.SetTerm(set_ids):
                found = self._view.none()
                for one in set_ids:
                    found |= self._sets[one]
                return found
            case _:
                return self._remembered(node)

    def _remembered(self, node: tree.Node) -> Mask:
        if _looks_at_others(node):
            return self._leaf(node)
        found = self._view.masks.get(node)
        if found is None:
            found = self._leaf(node)
            self._view.keep(node, found)
        return found

    def _leaf(self, node: tree.Node) -> Mask:
        view = self._view
        match node:
            case tree.Contains(pattern):
                found = any_pattern(view.names, (pattern,)) | self._coded("label", (pattern,))
                return found | self._linked(view.truth, (pattern,)) | self._tag((pattern,))
            case tree.BoxTerm(inner):
                return box_masks.some_box(view, inner)
            case tree.CountTerm():
                return box_masks.number_of_boxes(view, node)
            case tree.ModelTerm(models):
                return self._links_at(view.models, box_masks.model_codes(view.models.dictionary, models))
            case tree.StateTerm(state):
                return self._state(state)
            case tree.DuplicateTerm(part):
                return self._duplicate(part)
            case _:
                return self._field(node)

    def _field(self, node: tree.Node) -> Mask:
        view = self._view
        match node:
            case tree.TextTerm(field, patterns):
                return self._texts[field.name](patterns)
            case tree.NumberTerm(field, numbers):
                return any_number(view.numbers[field.name], numbers)
            case tree.TimeTerm(field, times):
                return any_time(view.numbers[field.name], times)
            case tree.MetadataTerm():
                return self._metadata(node)
            case tree.PresenceTerm(field):
                return self._present(field)
            case _:
                raise TypeError(f"{type(node).__name__} is no term")

    def _coded(self, name: str, patterns: Patterns) -> Mask:
        return self._among(name, any_pattern(self._view.dictionaries[name].texts, patterns))

    def _among(self, name: str, groups: Mask) -> Mask:
        """Rows whose text belongs to these groups."""
        return _picked(self._view.dictionaries[name], groups, self._view.codes[name])

    def _linked(self, links: Links, patterns: Patterns) -> Mask:
        return self._links_at(links, any_pattern(links.dictionary.texts, patterns))

    def _links_at(self, links: Links, groups: Mask) -> Mask:
        rows = links.rows.values
        hits = _picked(links.dictionary, groups, links.codes.values[: len(rows)])
        return self._view.at(rows[hits])

    def _tag(self, patterns: Patterns) -> Mask:
        names = self._view.tags
        texts = Dictionary()
        texts.folded = [one.folded for one in names.values()]
        chosen = any_pattern(texts.texts, patterns)
        return self._tagged([tag for tag, is_chosen in zip(names, chosen, strict=True) if is_chosen])

    def _tagged(self, tags: Sequence[str]) -> Mask:
        found = self._view.none()
        for tag in tags:
            rows = self._view.tag_rows.get(tag)
            if rows is not None:
                found[rows] = True
        return found

    def _metadata(self, node: tree.MetadataTerm) -> Mask:
        column = self._view.metadata.get(node.field.key)
        if column is None:
            return self._view.none()
        rows = column.rows.values
        size = len(rows)
        hits = np.zeros(size, np.bool_)
        if node.patterns:
            groups = any_pattern(column.dictionary.texts, node.patterns)
            hits |= _picked(column.dictionary, groups, column.codes.values[:size])
        if node.numbers and column.numbers is not None:
            hits |= any_number(column.numbers.values[:size], node.numbers)
        if node.times and column.times is not None:
            hits |= any_time(column.times.values[:size], node.times)
        return self._view.at(rows[hits])

    def _state(self, state: tree.State) -> Mask:
        match state:
            case tree.State.OVERKILL:
                defect = self._true_defect()
                return self._rows_of(self._view.truth) & ~defect & self._predicted_defect()
            case tree.State.ESCAPE:
                answered = self._view.codes["own"] != NONE
                return np.asarray(self._true_defect() & answered & ~self._predicted_defect())
            case tree.State.REVIEWED:
                return self._rows_of(self._view.truth) | self._tag(_REVIEWED)
            case _:
                return np.asarray(self._view.states == STATES.index(ImageState[state.name]))

    def _true_defect(self) -> Mask:
        truth = self._view.truth
        return self._links_at(truth, ~any_pattern(truth.dictionary.texts, _GOOD))

    def _predicted_defect(self) -> Mask:
        as_class = self._among("label", ~any_pattern(self._view.dictionaries["label"].texts, _GOOD))
        return as_class | box_masks.some_box(self._view, _DEFECT_BOX)

    def _duplicate(self, part: tree.Duplicates) -> Mask:
        """Who may not see the other image of a pair does not learn that there is one."""
        pairs = self._view.duplicates
        if part is tree.Duplicates.KEEPER:
            return self._view.at(np.sort(pairs.keepers[self.visible[pairs.rows]]))
        kind = pairs.is_exact == (part is tree.Duplicates.EXACT)
        return self._view.at(np.sort(pairs.rows[kind & self.visible[pairs.keepers]]))

    def _present(self, field: tree.Field) -> Mask:
        view = self._view
        if field.kind is tree.Kind.METADATA:
            column = view.metadata.get(field.key)
            return view.none() if column is None else self._rows_of(column)
        if field.name == "tag":
            return self._tagged(list(view.tag_rows))
        if field.kind is tree.Kind.DUPLICATE:
            found = view.none()
            for part in tree.Duplicates:
                found |= self._duplicate(part)
            return found
        if field.name in ("model", "truth"):
            return self._rows_of(view.models if field.name == "model" else view.truth)
        if field.name in view.codes:
            return np.asarray(view.codes[field.name] != NONE)
        if field.name == "name":
            return np.ones(view.size, np.bool_)
        values = view.numbers[field.name]
        return any_time(values, (tree.Interval(),)) if values.dtype == np.int64 else ~np.isnan(values)

    def _rows_of(self, column: Links | MetadataColumn) -> Mask:
        return self._view.at(column.rows.values)


def _looks_at_others(node: tree.Node) -> bool:
    """Whether its truth for an image depends on which other ones the caller sees."""
    if isinstance(node, tree.PresenceTerm):
        return node.field.kind is tree.Kind.DUPLICATE
    return isinstance(node, tree.DuplicateTerm)


def _picked(dictionary: Dictionary, groups: Mask, codes: Codes) -> Mask:
    # The place behind the last code is that of NONE.
    chosen = np.append(dictionary.codes_of(groups), np.False_)
    return np.asarray(chosen[codes])


def _with_last_part(patterns: Patterns) -> list[tree.Pattern]:
    """The whole name with its folders, or its last part."""
    return [*patterns, *(_after_slash(one) for one in patterns if "/" not in "".join(one.pieces))]


def _after_slash(pattern: tree.Pattern) -> tree.Pattern:
    first, *rest = pattern.pieces
    return tree.Pattern(("", f"/{first}", *rest))


def _id_of(pattern: tree.Pattern) -> tree.Pattern:
    """A batch by its id or by its resource name."""
    return tree.Pattern((*pattern.pieces[:-1], pattern.pieces[-1].rpartition("/")[2]))
