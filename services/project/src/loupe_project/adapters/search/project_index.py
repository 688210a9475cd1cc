"""The index of one project: columns that grow, and the views of them.

An image that changes gets a new row at the end and its old one is dead; so nothing that a reader looks at is ever
written. Tags, outlier scores and duplicates change for very many images at once and are kept beside the rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from loupe_project.adapters.search import row_ids
from loupe_project.adapters.search.columns import NO_TIME, NUMBER_MARK, Dictionary, Grown, Links, MetadataColumn
from loupe_project.adapters.search.facts import BoxFacts, Facts, MetadataFacts, TagName
from loupe_project.adapters.search.row_ids import RowIds
from loupe_project.adapters.search.view import Boxes, Duplicates, View
from loupe_project.domain.image import ImageState
from loupe_project.domain.search import ValueType

VALUE_TYPES = tuple(ValueType)
STATES = tuple(ImageState)
_KINDS = {"NUMBER": ValueType.NUMBER, "TEXT": ValueType.TEXT, "BOOL": ValueType.TRUTH}
_INTEGERS = {"width": np.int32, "height": np.int32, "size": np.int64, "at": np.int64, "uploaded": np.int64}
_LOOKS = ("brightness", "contrast", "sharpness")
_BOX_VALUES = ("conf", "x", "y", "w", "h", "area")
_CODED = ("label", "format", "batch", "by", "own")
_MAX_NAME_CHUNKS = 64


@dataclass(slots=True)
class State:
    """All that an index consists of; its columns are the index's own."""

    columns: dict[str, Grown]
    dictionaries: dict[str, Dictionary]
    links: dict[str, Links]
    metadata: dict[str, MetadataColumn]
    alive: NDArray[np.bool_]
    names: list[pa.Array]
    tags: dict[str, TagName]
    tag_rows: dict[str, NDArray[np.int32]]
    pairs: tuple[NDArray[Any], ...]
    """Upper and lower half of the ids of copies, and of what is kept in their place."""
    pairs_exact: NDArray[np.bool_]


class ProjectIndex:
    """Columns of one project. One caller at a time changes it; views may be read meanwhile."""

    def __init__(self) -> None:
        self.version = 0
        self.rights_version = 0
        self.has_left = False
        """Whether rows of images that are gone, or in the trash, may still hold their texts."""
        self.ids = RowIds()
        self._alive = np.zeros(0, np.bool_)
        self._numbers = {name: Grown(np.float64) for name in ("conf", *_LOOKS, "outlier")}
        self._numbers |= {name: Grown(dtype) for name, dtype in _INTEGERS.items()}
        self._codes = {name: Grown(np.int32) for name in _CODED}
        self._dictionaries = {name: Dictionary() for name in _CODED}
        self._states = Grown(np.uint8)
        self._names: list[pa.Array] = []
        self._truth, self._models = Links(), Links()
        self._metadata: dict[str, MetadataColumn] = {}
        self._box_rows, self._box_labels, self._box_models = Grown(np.int32), Grown(np.int32), Grown(np.int32)
        self._box_is_own = Grown(np.bool_)
        self._box_values = {name: Grown(np.float64) for name in _BOX_VALUES}
        self._box_dictionary = Dictionary()
        self._tags: dict[str, TagName] = {}
        self._tag_rows: dict[str, NDArray[np.int32]] = {}
        self._pairs: tuple[NDArray[Any], ...] = tuple(np.empty(0, np.uint64) for _ in range(4))
        self._pairs_exact = np.empty(0, np.bool_)

    @property
    def size(self) -> int:
        """Rows, dead ones too."""
        return len(self._alive)

    @property
    def live_count(self) -> int:
        """Images."""
        return int(np.count_nonzero(self._alive))

    @property
    def nbytes(self) -> int:
        """Bytes it takes, about."""
        parts: list[Grown | Dictionary | Links | MetadataColumn | RowIds] = [self._states, self.ids]
        parts += [*self._numbers.values(), *self._codes.values(), *self._dictionaries.values()]
        parts += [self._box_rows, self._box_labels, self._box_models, self._box_is_own, *self._box_values.values()]
        parts += [self._truth, self._models, *self._metadata.values()]
        return (
            sum(part.nbytes for part in parts)
            + sum(int(one.nbytes) for one in self._names)
            + sum(int(one.nbytes) for one in self._tag_rows.values())
            + self._alive.nbytes
        )

    def replace(self, image_ids: Sequence[str], facts: Facts) -> None:
        """Take images out and put in what they are now; those without facts are gone.

        Args:
            image_ids: All images that `facts` were asked for; empty for new ones only.
            facts: What there is of them.
        """
        alive = np.concatenate((self._alive, np.ones(len(facts.images), np.bool_)))
        if image_ids:
            old = self.ids.find(*row_ids.halves(image_ids))
            alive[old[old >= 0]] = False
        start = self.size
        row_of = {one.id: start + place for place, one in enumerate(facts.images)}
        self._append_images(facts)
        self._append_labels(facts, row_of)
        self._append_metadata(facts.metadata, row_of)
        self._append_boxes(facts.boxes, row_of, start)
        self._append_scores(facts, row_of, start)
        self._alive = alive
        self._put((row_of[one], tag) for one, tag in facts.tag_links if one in row_of)

    def _append_images(self, facts: Facts) -> None:
        rows = facts.images
        self.ids.extend(*row_ids.halves([one.id for one in rows]))
        confidences = [np.nan if one.confidence is None else one.confidence for one in rows]
        self._numbers["conf"].extend(confidences)
        for name in _LOOKS:
            values = [getattr(one, name) for one in rows]
            self._numbers[name].extend([np.nan if one is None else one for one in values])
        self._numbers["width"].extend([one.width for one in rows])
        self._numbers["height"].extend([one.height for one in rows])
        self._numbers["size"].extend([one.size_bytes for one in rows])
        self._numbers["at"].extend(microseconds([one.capture_time for one in rows]))
        self._numbers["uploaded"].extend(microseconds([one.upload_time for one in rows]))
        self._code("label", [one.label for one in rows], [one.label_folded for one in rows])
        self._code("format", [one.format for one in rows], [one.format.lower() for one in rows])
        batches = [one.upload_batch_id for one in rows]
        self._code("batch", batches, batches)
        uploaders = [one.uploader for one in rows]
        self._code("by", uploaders, uploaders)
        own = [None if one.model is None else versioned(one.model, one.version or "") for one in rows]
        self._code("own", own, own)
        self._states.extend([_STATE_CODES[one.state] for one in rows])
        if rows:
            self._names.append(pa.array([one.file_name_folded for one in rows], pa.large_string()))
        if len(self._names) > _MAX_NAME_CHUNKS:
            self._names = [pa.concat_arrays(self._names)]

    def _code(self, name: str, shown: Sequence[str | None], folded: Sequence[str | None]) -> None:
        self._codes[name].extend(self._dictionaries[name].encode(shown, folded))

    def _append_labels(self, facts: Facts, row_of: Mapping[str, int]) -> None:
        labels = [(row_of[one], shown, folded) for one, shown, folded in facts.labels if one in row_of]
        self._truth.extend(_rows(labels), [one[1] for one in labels], [one[2] for one in labels])
        models = [
            (row_of[one], versioned(model, version)) for one, model, version in facts.predictions if one in row_of
        ]
        texts = [text for _, text in models]
        self._models.extend(_rows(models), texts, texts)

    def _append_metadata(self, values: Sequence[MetadataFacts], row_of: Mapping[str, int]) -> None:
        by_key: dict[str, list[tuple[int, MetadataFacts]]] = {}
        for one in values:
            row = row_of.get(one.image_id)
            if row is not None:
                by_key.setdefault(one.key, []).append((row, one))
        for key, found in by_key.items():
            found.sort(key=lambda pair: pair[0])
            column = self._metadata.get(key)
            column = MetadataColumn() if column is None else column
            facts = [one for _, one in found]
            is_number = np.fromiter((one.number_value is not None for one in facts), np.bool_, len(facts))
            codes = np.empty(len(facts), np.int32)
            for mark, chosen in ((NUMBER_MARK, is_number), ("", ~is_number)):
                some = [facts[place] for place in np.flatnonzero(chosen)]
                shown = [one.text_value or "" for one in some]
                codes[chosen] = column.dictionary.encode(shown, [one.text_folded or "" for one in some], mark)
            times = microseconds([one.time_value for one in facts])
            kinds = [
                VALUE_TYPES.index(ValueType.TIME if time != NO_TIME else _KINDS[one.type])
                for one, time in zip(facts, times, strict=True)
            ]
            numbers = np.array([np.nan if one.number_value is None else one.number_value for one in facts], np.float64)
            column.extend_displays([one.display_key for one in facts])
            column.extend(_rows(found), codes, np.array(kinds, np.uint8), numbers, times)
            self._metadata[key] = column

    def _append_boxes(self, boxes: Sequence[BoxFacts], row_of: Mapping[str, int], start: int) -> None:
        found = sorted(((row_of[one.image_id], one) for one in boxes if one.image_id in row_of), key=lambda one: one[0])
        facts = [one for _, one in found]
        rows = _rows(found)
        models = [versioned(one.model, one.version) for one in facts]
        codes = self._dictionaries["own"].encode(models, models)
        own = self._codes["own"].values[start:]
        labels = self._box_dictionary.encode([one.label for one in facts], [one.label_folded for one in facts])
        self._box_labels.extend(labels)
        self._box_models.extend(codes)
        self._box_is_own.extend(own[rows - start] == codes if len(rows) else np.empty(0, np.bool_))
        for name, place in (("conf", 5), ("x", 6), ("y", 7), ("w", 8), ("h", 9), ("area", 10)):
            self._box_values[name].extend([one[place] for one in facts])
        self._box_rows.extend(rows)

    def _append_scores(self, facts: Facts, row_of: Mapping[str, int], start: int) -> None:
        scores = np.full(len(facts.images), np.nan)
        for image_id, score in facts.scores:
            if image_id in row_of:
                scores[row_of[image_id] - start] = score
        self._numbers["outlier"].extend(scores)

    def put_tags(self, image_ids: Sequence[str], links: Sequence[tuple[str, str]]) -> None:
        """Give images other tags; those that are not here are passed over.

        Args:
            image_ids: Images whose links were read anew.
            links: Image and tag of each.
        """
        gone = self.ids.find(*row_ids.halves(image_ids))
        self._take_off(np.unique(gone[gone >= 0]))
        rows = self.ids.find(*row_ids.halves([one for one, _ in links])).tolist()
        self._put((row, tag) for row, (_, tag) in zip(rows, links, strict=True) if row >= 0)

    def _put(self, links: Iterable[tuple[int, str]]) -> None:
        by_tag: dict[str, list[int]] = {}
        for row, tag in links:
            by_tag.setdefault(tag, []).append(row)
        changed = dict(self._tag_rows)
        for tag, new in by_tag.items():
            there = changed.get(tag)
            fresh = np.unique(np.array(new, np.int32))
            changed[tag] = fresh if there is None else _merged(there, fresh)
        self._tag_rows = changed

    def _take_off(self, rows: NDArray[Any]) -> None:
        kept = {tag: _without(of, rows) for tag, of in self._tag_rows.items()}
        self._tag_rows = {tag: of for tag, of in kept.items() if len(of)}

    def put_places(self, tag: str, image_ids: Sequence[str]) -> None:
        """A tag is on these images and no others now."""
        rows = self.ids.find(*row_ids.halves(image_ids))
        self._tag_rows = self._tag_rows | {tag: np.unique(rows[rows >= 0]).astype(np.int32)}

    def set_tags(self, tags: Mapping[str, TagName]) -> None:
        """The project has these tags now; places of others are forgotten."""
        self._tags = dict(tags)
        self._tag_rows = {tag: rows for tag, rows in self._tag_rows.items() if tag in tags}

    def set_scores(self, scores: Sequence[tuple[str, float]]) -> None:
        """The project has these outlier scores now."""
        values = np.full(self.size, np.nan)
        rows = self.ids.find(*row_ids.halves([one for one, _ in scores]))
        values[rows[rows >= 0]] = np.array([score for _, score in scores], np.float64)[rows >= 0]
        self._numbers["outlier"] = Grown(np.float64, values)

    def set_duplicates(self, pairs: Sequence[tuple[str, str, bool]]) -> None:
        """The project has these duplicates now: image, what is kept in its place, whether they are the same."""
        copies, keepers = [one for one, _, _ in pairs], [one for _, one, _ in pairs]
        self._pairs = (*row_ids.halves(copies), *row_ids.halves(keepers))
        self._pairs_exact = np.array([exact for _, _, exact in pairs], np.bool_)

    def view(self) -> View:
        """What it holds now."""
        size = self.size
        return View(
            version=self.version,
            rights_version=self.rights_version,
            alive=self._alive,
            ids=self.ids,
            numbers={name: one.values for name, one in self._numbers.items()},
            codes={name: one.values for name, one in self._codes.items()},
            states=self._states.values,
            dictionaries=self._dictionaries,
            names=pa.chunked_array(self._names, pa.large_string()).slice(0, size),
            truth=self._truth,
            models=self._models,
            metadata=dict(self._metadata),
            box_labels=self._box_dictionary,
            boxes=Boxes(
                rows=self._box_rows.values,
                labels=self._box_labels.values,
                models=self._box_models.values,
                is_own=self._box_is_own.values,
                values={name: one.values for name, one in self._box_values.items()},
            ),
            tags=self._tags,
            tag_rows=self._tag_rows,
            duplicates=self._duplicates(),
        )

    def state(self) -> State:
        """Its parts, for keeping and restoring them."""
        boxes = {"rows": self._box_rows, "labels": self._box_labels, "models": self._box_models}
        boxes |= {"is_own": self._box_is_own, **self._box_values}
        columns = {"high": self.ids.high, "low": self.ids.low, "states": self._states}
        columns |= {f"number.{name}": one for name, one in self._numbers.items()}
        columns |= {f"code.{name}": one for name, one in self._codes.items()}
        columns |= {f"box.{name}": one for name, one in boxes.items()}
        return State(
            columns=columns,
            dictionaries={**self._dictionaries, "box": self._box_dictionary},
            links={"truth": self._truth, "models": self._models},
            metadata=self._metadata,
            alive=self._alive,
            names=self._names,
            tags=self._tags,
            tag_rows=self._tag_rows,
            pairs=self._pairs,
            pairs_exact=self._pairs_exact,
        )

    def restore(self, state: State) -> None:
        """Take parts over that were filled into its own columns."""
        self._alive, self._names = state.alive, state.names
        self._tags, self._tag_rows = state.tags, state.tag_rows
        self._pairs, self._pairs_exact = state.pairs, state.pairs_exact
        self.ids.sort()

    def _duplicates(self) -> Duplicates:
        copies, keepers = self.ids.find(*self._pairs[:2]), self.ids.find(*self._pairs[2:])
        known = (copies >= 0) & (keepers >= 0)
        return Duplicates(copies[known].astype(np.int32), keepers[known].astype(np.int32), self._pairs_exact[known])


def versioned(model: str, version: str) -> str:
    """Model and version as one text."""
    return f"{model}\n{version}"


def microseconds(times: Sequence[Any]) -> NDArray[np.int64]:
    """Aware times as microseconds since 1970; `NO_TIME` for None: array (N,)."""
    found = pa.array(times, pa.timestamp("us", tz="UTC")).cast(pa.int64()).fill_null(NO_TIME)
    return np.asarray(found.to_numpy(zero_copy_only=False), np.int64)


def _rows(pairs: Sequence[tuple[Any, ...]]) -> NDArray[np.int32]:
    return np.fromiter((one[0] for one in pairs), np.int32, len(pairs))


# Both take rising rows. A few of them are looked up among very many, which are not sorted or looked at one by one.


def _merged(there: NDArray[np.int32], fresh: NDArray[np.int32]) -> NDArray[np.int32]:
    if not len(there) or there[-1] < fresh[0]:
        return np.concatenate((there, fresh))
    new = fresh[~_is_among(fresh, there)]
    return np.insert(there, np.searchsorted(there, new), new)


def _without(there: NDArray[np.int32], gone: NDArray[Any]) -> NDArray[np.int32]:
    found = gone[_is_among(gone, there)]
    return np.delete(there, np.searchsorted(there, found)) if len(found) else there


def _is_among(some: NDArray[Any], there: NDArray[np.int32]) -> NDArray[np.bool_]:
    if not len(there):
        return np.zeros(len(some), np.bool_)
    places = np.searchsorted(there, some)
    is_there: NDArray[np.bool_] = there[np.minimum(places, len(there) - 1)] == some
    return is_there


_STATE_CODES = {state.value: code for code, state in enumerate(STATES)}
