"""Conditions on predicted boxes as masks: some box that meets it all, and how many there are."""

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from loupe_project.adapters.search.columns import Dictionary, Mask
from loupe_project.adapters.search.matching import any_number, any_pattern
from loupe_project.adapters.search.view import View
from loupe_project.domain.query import tree

_COMPARE: dict[tree.Comparison, Callable[[Any, int], Any]] = {
    tree.Comparison.EQUAL: operator.eq,
    tree.Comparison.NOT_EQUAL: operator.ne,
    tree.Comparison.LESS: operator.lt,
    tree.Comparison.AT_MOST: operator.le,
    tree.Comparison.MORE: operator.gt,
    tree.Comparison.AT_LEAST: operator.ge,
}


def some_box(view: View, condition: tree.Node) -> Mask:
    """Rows that have a box that meets the condition."""
    return view.at(view.boxes.rows[_boxes(view, condition)])


def number_of_boxes(view: View, node: tree.CountTerm) -> Mask:
    """Rows whose number of such boxes compares as asked."""
    rows = view.boxes.rows[_boxes(view, node.condition)]
    counts = np.bincount(rows, minlength=view.size)[: view.size]
    found: Mask = _COMPARE[node.comparison](counts, node.number)
    return found


def _boxes(view: View, condition: tree.Node) -> Mask:
    found = _inside(view, condition)
    return found if names_model(condition) else found & view.boxes.is_own


def names_model(node: tree.Node) -> bool:
    """Whether a condition says which model's boxes it means."""
    match node:
        case tree.And(children) | tree.Or(children):
            return any(names_model(child) for child in children)
        case tree.Not(child):
            return names_model(child)
        case _:
            return isinstance(node, tree.ModelTerm)


def _inside(view: View, node: tree.Node) -> Mask:
    boxes = view.boxes
    match node:
        case tree.And(children):
            found = np.ones(len(boxes.rows), np.bool_)
            for child in children:
                found &= _inside(view, child)
            return found
        case tree.Or(children):
            found = np.zeros(len(boxes.rows), np.bool_)
            for child in children:
                found |= _inside(view, child)
            return found
        case tree.Not(child):
            return ~_inside(view, child)
        case tree.Contains(pattern):
            return _labels(view, (pattern,))
        case tree.TextTerm(_, patterns):
            return _labels(view, patterns)
        case tree.NumberTerm(field, intervals):
            return any_number(boxes.values[field.name], intervals)
        case tree.ModelTerm(models):
            groups = model_codes(view.dictionaries["own"], models)
            return view.dictionaries["own"].codes_of(groups)[boxes.models]
        case _:
            return np.ones(len(boxes.rows), np.bool_)


def _labels(view: View, patterns: Sequence[tree.Pattern]) -> Mask:
    return view.box_labels.codes_of(any_pattern(view.box_labels.texts, patterns))[view.boxes.labels]


def model_codes(dictionary: Dictionary, models: Sequence[tuple[tree.Pattern, tree.Pattern | None]]) -> Mask:
    """Which groups of a dictionary of models and versions are meant: array (D,). There are few of them."""
    found = np.zeros(len(dictionary.folded), np.bool_)
    texts = [one.partition("\n") for one in dictionary.folded]
    names = Dictionary()
    versions = Dictionary()
    names.folded, versions.folded = [one[0] for one in texts], [one[2] for one in texts]
    for name, version in models:
        by_name = any_pattern(names.texts, (name,))
        found |= by_name if version is None else by_name & any_pattern(versions.texts, (version,))
    return found
