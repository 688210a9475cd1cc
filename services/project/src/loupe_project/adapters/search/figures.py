"""Numbers about the rows of a mask: values of fields with their counts, histograms, metadata keys."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from loupe_project.adapters.search.columns import NO_TIME, NONE, Dictionary, Links, Mask, MetadataColumn
from loupe_project.adapters.search.evaluate import Evaluator
from loupe_project.adapters.search.matching import instant, moment
from loupe_project.adapters.search.project_index import VALUE_TYPES
from loupe_project.adapters.search.view import View
from loupe_project.domain import search
from loupe_project.domain.query import tree, values
from loupe_project.domain.search import FacetValue, Histogram, MetadataKey, number_edges, time_edges

_MANY = 1000
"""From so many values of the same count on, arrow finds the first of them."""


def facet(
    view: View, evaluator: Evaluator, mask: Mask, field: tree.Field, limit: int, containing: str
) -> list[FacetValue]:
    """See the port `ImageSearch`."""
    if field.kind is tree.Kind.STATE:
        return _states(evaluator, mask, limit, containing)
    if field.kind is tree.Kind.METADATA:
        column = view.metadata.get(field.key)
        if column is None:
            return []
        rows = column.rows.values
        codes = column.codes.values[: len(rows)]
        return _values(column.dictionary, _counts(column.dictionary, codes[_of(mask, rows)]), limit, containing)
    if field.name == "tag":
        return _tags(view, mask, limit, containing)
    if field.name == "truth":
        return _linked(view.truth, mask, limit, containing)
    if field.name == "model":
        return _models(view.models, mask, limit, containing)
    codes = view.codes[field.name][mask]
    dictionary = view.dictionaries[field.name]
    return _values(dictionary, _counts(dictionary, codes[codes != NONE]), limit, containing)


def histogram(view: View, mask: Mask, field: tree.Field, bins: int) -> Histogram:
    """See the port `ImageSearch`."""
    total = int(np.count_nonzero(mask))
    if field.kind is tree.Kind.METADATA:
        column = view.metadata.get(field.key)
        held = np.empty(0) if column is None else _numbers(column, mask)
        held = held[~np.isnan(held)]
    else:
        held = view.numbers[field.name][mask]
        held = held[held != NO_TIME] if held.dtype == np.int64 else held
        held = held[~np.isnan(held)] if held.dtype == np.float64 else held
    if not len(held):
        return Histogram((), (), total)
    low, high = held.min().item(), held.max().item()
    if field.kind is tree.Kind.TIME:
        moments = time_edges(moment(low), moment(high), bins)
        counts = _binned(held, np.array([instant(one) for one in moments]))
        return Histogram(moments, counts, total - len(held))
    edges = number_edges(float(low), float(high), bins)
    return Histogram(edges, _binned(held, np.array(edges)), total - len(held))


def keys(metadata: Mapping[str, MetadataColumn], visible: Mask, prefix: str, limit: int) -> list[MetadataKey]:
    """See the port `ImageSearch`."""
    found: list[tuple[str, str, search.ValueType, int]] = []
    for key, column in metadata.items():
        if not key.startswith(prefix):
            continue
        rows = column.rows.values
        seen = _of(visible, rows)
        counts = np.bincount(column.kinds.values[: len(rows)][seen], minlength=len(VALUE_TYPES))
        shown = _display(column, seen)
        found += [(key, shown, VALUE_TYPES[place], int(counts[place])) for place in np.flatnonzero(counts)]
    return search.metadata_keys(found, limit)


def _display(column: MetadataColumn, seen: Mask) -> str:
    if column.display_codes is None:
        return column.displays[0]
    codes = np.unique(column.display_codes.values[: len(seen)][seen])
    return max((column.displays[code] for code in codes), default="")


def _of(mask: Mask, rows: NDArray[np.int32]) -> Mask:
    """The mask at each link's row; links of rows behind the mask's end are not in it."""
    inside = int(np.searchsorted(rows, len(mask)))
    found = np.zeros(len(rows), np.bool_)
    found[:inside] = mask[rows[:inside]]
    return found


def _numbers(column: MetadataColumn, mask: Mask) -> NDArray[Any]:
    rows = column.rows.values
    return np.empty(0) if column.numbers is None else column.numbers.values[: len(rows)][_of(mask, rows)]


def _binned(held: NDArray[Any], edges: NDArray[Any]) -> tuple[int, ...]:
    bins = len(edges) - 1
    # The last bin holds its upper edge too.
    places = np.minimum(np.searchsorted(edges, held, side="right") - 1, bins - 1)
    return tuple(np.bincount(places, minlength=bins).tolist())


def _counts(dictionary: Dictionary, codes: NDArray[np.int32]) -> NDArray[np.int64]:
    return np.bincount(codes, minlength=len(dictionary)).astype(np.int64)


def _values(dictionary: Dictionary, by_code: NDArray[np.int64], limit: int, containing: str) -> list[FacetValue]:
    """The most frequent groups, each as the last of its ways to be written that occurs.

    Args:
        dictionary: Of the field.
        by_code: Images by code.
        limit: At most so many.
        containing: Only texts that hold this.
    """
    codes = np.flatnonzero(by_code)
    groups = dictionary.groups.values[codes]
    sums = np.bincount(groups, weights=by_code[codes]).astype(np.int64)
    if containing and len(sums):
        texts = dictionary.texts.slice(0, len(sums))
        sums = sums * pc.match_substring(texts, containing).to_numpy(zero_copy_only=False)
    chosen = _most_frequent(dictionary.folded, sums, limit)
    shown: dict[int, str] = {}
    for place in np.flatnonzero(np.isin(groups, chosen)):
        text, group = dictionary.shown[codes[place]], int(groups[place])
        shown[group] = max(shown.get(group, ""), text)
    return [FacetValue(values.quote(shown[group]), int(sums[group])) for group in chosen]


def _most_frequent(folded: list[str], sums: NDArray[np.int64], limit: int) -> list[int]:
    """Groups with the highest sums, the same sums in the order of their texts."""
    there = np.flatnonzero(sums)
    if len(there) > limit:
        least = np.partition(sums[there], len(there) - limit)[len(there) - limit]
        above, ties = there[sums[there] > least], there[sums[there] == least]
        there = np.concatenate((above, _first(folded, ties, limit - len(above))))
    return sorted((int(one) for one in there), key=lambda group: (-sums[group], folded[group]))


def _first(folded: list[str], groups: NDArray[Any], count: int) -> NDArray[Any]:
    """Those groups whose texts come first."""
    if len(groups) < _MANY:
        return np.array(sorted(groups.tolist(), key=folded.__getitem__)[:count], np.int64)
    texts = pa.array([folded[group] for group in groups.tolist()], pa.large_string())
    places = pc.select_k_unstable(pa.table({"text": texts}), count, sort_keys=[("text", "ascending")])
    return np.asarray(groups[places.to_numpy()])


def _linked(links: Links, mask: Mask, limit: int, containing: str) -> list[FacetValue]:
    rows = links.rows.values
    hits = _of(mask, rows)
    codes, rows = links.codes.values[: len(rows)][hits], rows[hits]
    dictionary = links.dictionary
    if not links.has_twins:
        return _values(dictionary, _counts(dictionary, codes), limit, containing)
    # An image counts once for a group, shown as the last of its ways to write it.
    groups = dictionary.groups.values[codes].astype(np.int64)
    _, first = np.unique(rows.astype(np.int64) * len(dictionary.folded) + groups, return_index=True)
    counted = _counts(dictionary, codes[first])
    return _values_shown_by(dictionary, counted, np.unique(codes), limit, containing)


def _values_shown_by(
    dictionary: Dictionary, by_code: NDArray[np.int64], occurring: NDArray[Any], limit: int, containing: str
) -> list[FacetValue]:
    """As `_values`, where ways to be written occur that were not counted."""
    groups = dictionary.groups.values
    sums = np.zeros(len(dictionary), np.int64)
    last: dict[int, int] = {}
    for code in occurring.tolist():
        group = int(groups[code])
        if group not in last or dictionary.shown[code] > dictionary.shown[last[group]]:
            last[group] = code
    for code in np.flatnonzero(by_code).tolist():
        sums[last[int(groups[code])]] += by_code[code]
    return _values(dictionary, sums, limit, containing)


def _models(links: Links, mask: Mask, limit: int, containing: str) -> list[FacetValue]:
    """Images by model, whichever versions of it saw them. There are few models."""
    rows = links.rows.values
    hits = _of(mask, rows)
    groups, rows = links.dictionary.groups.values[links.codes.values[: len(rows)][hits]], rows[hits]
    by_name: dict[str, list[int]] = {}
    for group, text in enumerate(links.dictionary.folded):
        by_name.setdefault(text.partition("\n")[0], []).append(group)
    counts = {}
    for name, versions in by_name.items():
        if containing in name.lower():
            seen = np.zeros(len(mask), np.bool_)
            seen[rows[np.isin(groups, versions)]] = True
            counts[name] = int(np.count_nonzero(seen))
    return _sorted(counts.items(), limit)


def _tags(view: View, mask: Mask, limit: int, containing: str) -> list[FacetValue]:
    found = []
    for tag, name in view.tags.items():
        rows = view.tag_rows.get(tag)
        if rows is not None and containing in name.folded:
            found.append((name, int(np.count_nonzero(mask[rows]))))
    found = [one for one in found if one[1]]
    found.sort(key=lambda one: (-one[1], one[0].folded))
    return [FacetValue(values.quote(name.shown), count) for name, count in found[:limit]]


def _states(evaluator: Evaluator, mask: Mask, limit: int, containing: str) -> list[FacetValue]:
    counts = [
        FacetValue(state.value, int(np.count_nonzero(mask & evaluator.mask(tree.StateTerm(state)))))
        for state in tree.State
        if containing in state.value
    ]
    return sorted((one for one in counts if one.count), key=lambda one: -one.count)[:limit]


def _sorted(counts: Iterable[tuple[str, int]], limit: int) -> list[FacetValue]:
    found = sorted(((name, count) for name, count in counts if count), key=lambda one: (-one[1], one[0]))
    return [FacetValue(values.quote(name), count) for name, count in found[:limit]]
