"""An index as a file, so that a restart reads numbers instead of a million rows.

The file is a cache: it is dropped when its format is another one, or the store has forgotten what changed since, and
when an image leaves whose texts it may hold.
Arrays lie in an uncompressed zip as NumPy writes it, without pickles; texts are UTF-8 with the ends of each.
"""

import contextlib
import logging
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from loupe_project.adapters.search.columns import Dictionary, Grown, Links, MetadataColumn
from loupe_project.adapters.search.facts import TagName
from loupe_project.adapters.search.project_index import ProjectIndex

FORMAT = 2
"""Raise it when columns change: older files are read no more."""
_logger = logging.getLogger(__name__)

Arrays = dict[str, NDArray[Any]]


def save(index: ProjectIndex, path: Path) -> None:
    """Write an index beside an older one and put it in its place. A disk that is full or read-only is no fault."""
    written = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with written.open("wb") as file:
            np.savez(file, **_arrays(index))  # type: ignore[arg-type] # of any names
        written.replace(path)
    except OSError as error:
        _logger.warning("The search index could not be kept for the next start.", extra={"error": str(error)})
        with contextlib.suppress(OSError):
            written.unlink()


def version(path: Path) -> int | None:
    """The version that a file has; None if there is none, or it cannot be read."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return int(file["versions"][0])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None


def load(path: Path) -> ProjectIndex | None:
    """The index in a file; None if there is none, or another version of Loupe wrote it."""
    try:
        # Opened here, because NumPy leaves a torn file open.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            if int(file["format"]) != FORMAT:
                return None
            return _index({name: file[name] for name in file.files})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        _logger.warning("A kept search index cannot be read; it is made anew.", extra={"error": str(error)})
        return None


def _arrays(index: ProjectIndex) -> Arrays:
    state = index.state()
    found: Arrays = {"format": np.array(FORMAT), "versions": np.array((index.version, index.rights_version))}
    for name, column in state.columns.items():
        found[name] = column.values
    for name, dictionary in state.dictionaries.items():
        _put_dictionary(found, name, dictionary)
    for name, links in state.links.items():
        found |= {f"{name}.rows": links.rows.values, f"{name}.codes": links.codes.values}
        found[f"{name}.twins"] = np.array(links.has_twins)
        _put_dictionary(found, name, links.dictionary)
    _put_texts(found, "keys", list(state.metadata))
    for place, column_of_key in enumerate(state.metadata.values()):
        _put_metadata(found, f"key{place}", column_of_key)
    found["alive"] = state.alive
    _put_texts(found, "names", pa.chunked_array(state.names, pa.large_string()).combine_chunks())
    _put_texts(found, "tags", list(state.tags))
    _put_texts(found, "tags.shown", [one.shown for one in state.tags.values()])
    _put_texts(found, "tags.folded", [one.folded for one in state.tags.values()])
    _put_texts(found, "places", list(state.tag_rows))
    rows = list(state.tag_rows.values())
    found["places.rows"] = np.concatenate(rows) if rows else np.empty(0, np.int32)
    found["places.until"] = np.cumsum([len(one) for one in rows], dtype=np.int64)
    for place, values in enumerate((*state.pairs, state.pairs_exact)):
        found[f"pairs{place}"] = values
    return found


def _index(found: Arrays) -> ProjectIndex:
    index = ProjectIndex()
    index.version, index.rights_version = (int(one) for one in found["versions"])
    state = index.state()
    for name, column in state.columns.items():
        column.extend(found[name])
    for name, dictionary in state.dictionaries.items():
        _take_dictionary(found, name, dictionary)
    for name, links in state.links.items():
        _take_dictionary(found, name, links.dictionary)
        _take_links(found, name, links)
    for place, key in enumerate(_texts(found, "keys")):
        state.metadata[key] = _metadata(found, f"key{place}")
    state.alive = found["alive"]
    state.names = [_strings(found, "names")]
    shown, folded = _texts(found, "tags.shown"), _texts(found, "tags.folded")
    state.tags = {one: TagName(*pair) for one, *pair in zip(_texts(found, "tags"), shown, folded, strict=True)}
    pieces = np.split(found["places.rows"], found["places.until"][:-1])
    state.tag_rows = dict(zip(_texts(found, "places"), pieces, strict=False))
    state.pairs = tuple(found[f"pairs{place}"] for place in range(4))
    state.pairs_exact = found["pairs4"]
    index.restore(state)
    return index


def _take_links(found: Arrays, name: str, links: Links) -> None:
    links.codes.extend(found[f"{name}.codes"])
    links.rows.extend(found[f"{name}.rows"])
    links.has_twins = bool(found[f"{name}.twins"])


def _put_metadata(found: Arrays, name: str, column: MetadataColumn) -> None:
    for part in ("rows", "codes", "kinds", "numbers", "times", "display_codes"):
        values: Grown | None = getattr(column, part)
        if values is not None:
            found[f"{name}.{part}"] = values.values
    _put_texts(found, f"{name}.displays", column.displays)
    _put_dictionary(found, name, column.dictionary)


def _metadata(found: Arrays, name: str) -> MetadataColumn:
    column = MetadataColumn()
    for part in ("rows", "codes", "kinds", "numbers", "times", "display_codes"):
        values = found.get(f"{name}.{part}")
        if values is not None:
            setattr(column, part, Grown(values.dtype, values))
    column.displays = _texts(found, f"{name}.displays")
    _take_dictionary(found, name, column.dictionary)
    return column


def _put_dictionary(found: Arrays, name: str, dictionary: Dictionary) -> None:
    _put_texts(found, f"{name}.shown", dictionary.shown)
    _put_texts(found, f"{name}.folded", dictionary.folded)
    found[f"{name}.groups"] = dictionary.groups.values
    found[f"{name}.marked"] = dictionary.marked


def _take_dictionary(found: Arrays, name: str, dictionary: Dictionary) -> None:
    shown, folded = _texts(found, f"{name}.shown"), _texts(found, f"{name}.folded")
    dictionary.restore(shown, folded, found[f"{name}.groups"], found[f"{name}.marked"])


def _put_texts(found: Arrays, name: str, texts: Sequence[str] | pa.Array) -> None:
    strings = texts if isinstance(texts, pa.Array) else pa.array(texts, pa.large_string())
    _, ends, data = strings.buffers()
    ends = np.frombuffer(ends, np.int64)[strings.offset : strings.offset + len(strings) + 1] if len(strings) else [0]
    found[f"{name}.ends"] = np.array(ends, np.int64) - ends[0]
    found[f"{name}.utf8"] = np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]


def _strings(found: Arrays, name: str) -> pa.Array:
    ends, data = found[f"{name}.ends"], found[f"{name}.utf8"]
    buffers = [None, pa.py_buffer(ends.tobytes()), pa.py_buffer(data.tobytes())]
    return pa.Array.from_buffers(pa.large_string(), len(ends) - 1, buffers)


def _texts(found: Arrays, name: str) -> list[str]:
    return _strings(found, name).to_pylist()  # type: ignore[no-any-return] # of strings
