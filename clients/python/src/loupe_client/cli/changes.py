"""`loupe tag | metadata | undo | history`."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from loupe_client import Client
from loupe_client._changes import MetadataValue


def add_to(commands: Any) -> None:
    """Adds the commands to the parser's.

    Args:
        commands: What `add_subparsers` gave.
    """
    _add_tag(commands.add_parser("tag", help="put tags on images, take them off, rename, merge and delete them"))
    _add_metadata(commands.add_parser("metadata", help="set, unset and import metadata, and list its keys"))
    undo = commands.add_parser("undo", help="take back what an operation changed and nobody changed since")
    undo.add_argument("operation", help="projects/…/operations/…, as the changing command printed it")
    undo.set_defaults(run=_undo)
    history = commands.add_parser("history", help="print what was changed of an image, one JSON line each")
    history.add_argument("image", help="projects/…/images/…")
    history.set_defaults(run=_history)


def _add_tag(tag: argparse.ArgumentParser) -> None:
    acts = tag.add_subparsers(required=True, metavar="act")
    for act, about in (("add", "put tags on"), ("remove", "take tags off")):
        one = acts.add_parser(act, help=about)
        one.add_argument("project", help="projects/…")
        one.add_argument("tags", nargs="+")
        _add_query(one)
        one.set_defaults(run=_tag, act=act)
    rename = acts.add_parser("rename", help="give a tag another text")
    rename.add_argument("project", help="projects/…")
    rename.add_argument("tag", help="its text")
    rename.add_argument("text", help="the new one")
    rename.set_defaults(run=_rename_tag)
    delete = acts.add_parser("delete", help="delete tags, and take them off their images")
    delete.add_argument("project", help="projects/…")
    delete.add_argument("tags", nargs="+", help="their texts")
    delete.set_defaults(run=_delete_tags)
    merge = acts.add_parser("merge", help="merge tags into one that stays")
    merge.add_argument("project", help="projects/…")
    merge.add_argument("tag", help="text of the one that stays")
    merge.add_argument("sources", nargs="+", help="texts of those that go into it")
    merge.set_defaults(run=_merge_tags)


def _add_metadata(metadata: argparse.ArgumentParser) -> None:
    acts = metadata.add_subparsers(required=True, metavar="act")
    put = acts.add_parser("set", help="set keys, or rename them")
    put.add_argument("project", help="projects/…")
    put.add_argument("values", nargs="+", help="key=value, or old=new with --rename")
    put.add_argument("--type", choices=["text", "number", "truth"], help="of the values; default: what they look like")
    put.add_argument("--rename", action="store_true", help="old=new are keys")
    _add_query(put)
    put.set_defaults(run=_set)
    unset = acts.add_parser("unset", help="take keys away")
    unset.add_argument("project", help="projects/…")
    unset.add_argument("keys", nargs="+")
    _add_query(unset)
    unset.set_defaults(run=_unset)
    table = acts.add_parser("import", help="give images the metadata of a table: CSV or JSON lines")
    table.add_argument("project", help="projects/…")
    table.add_argument("table", type=Path)
    table.add_argument("--key", default="FILE_NAME", choices=["FILE_NAME", "SHA256", "SERIAL"])
    table.add_argument("--apply-good-rows", action="store_true", help="although others are faulty")
    table.add_argument("--check", action="store_true", help="apply nothing")
    table.set_defaults(run=_import)
    keys = acts.add_parser("keys", help="print the keys of a project with types and numbers of images")
    keys.add_argument("project", help="projects/…")
    keys.add_argument("prefix", nargs="?", default="")
    keys.set_defaults(run=_keys)


def _add_query(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--query", required=True, help='images that match; "" for all of the project')


def _tag(loupe: Client, parsed: argparse.Namespace) -> int:
    done = loupe.images.modify_tags(parsed.project, parsed.query, **{parsed.act: parsed.tags})
    print(f"{done.result()} images; take it back with: loupe undo {done.name}")
    return 0


def _rename_tag(loupe: Client, parsed: argparse.Namespace) -> int:
    (name,) = _named(loupe, parsed.project, [parsed.tag])
    print(loupe.changes.rename_tag(name, parsed.text).display_name)
    return 0


def _merge_tags(loupe: Client, parsed: argparse.Namespace) -> int:
    tag, *sources = _named(loupe, parsed.project, [parsed.tag, *parsed.sources])
    done = loupe.changes.merge_tags(tag, sources)
    print(f"{done.result()} images; take it back with: loupe undo {done.name}")
    return 0


def _delete_tags(loupe: Client, parsed: argparse.Namespace) -> int:
    done = loupe.changes.delete_tags(parsed.project, _named(loupe, parsed.project, parsed.tags))
    print(f"off {done.result()} images; take it back with: loupe undo {done.name}")
    return 0


def _named(loupe: Client, project: str, texts: list[str]) -> list[str]:
    """Names of tags by their texts; ends the program when there is none of a text."""
    by_text = {tag.display_name.lower(): tag.name for tag in loupe.images.tags(project)}
    unknown = [text for text in texts if text.lower() not in by_text]
    if unknown:
        raise SystemExit(f"loupe: there is no tag {unknown[0]!r} in this project")
    return [by_text[text.lower()] for text in texts]


def _set(loupe: Client, parsed: argparse.Namespace) -> int:
    pairs = [text.partition("=") for text in parsed.values]
    wrong = next((text for text, (key, mark, _) in zip(parsed.values, pairs, strict=True) if not key or not mark), None)
    if wrong is not None:
        raise SystemExit(f"loupe: {wrong!r} is not of the form key=value")
    if parsed.rename:
        change = loupe.changes.modify_metadata(parsed.project, parsed.query, rename={old: new for old, _, new in pairs})
    else:
        values = {key: _typed(text, parsed.type) for key, _, text in pairs}
        change = loupe.changes.modify_metadata(parsed.project, parsed.query, values=values)
    return _print_change(change)


def _typed(text: str, kind: str | None) -> MetadataValue:
    """The value that a text means; as in tables, a number has to survive the way there and back, so "007" is a text."""
    if kind == "truth" or (kind is None and text.lower() in ("true", "false")):
        if text.lower() not in ("true", "false"):
            raise SystemExit(f"loupe: {text!r} is neither true nor false")
        return text.lower() == "true"
    if kind == "text":
        return text
    try:
        number = float(text)
    except ValueError:
        if kind == "number":
            raise SystemExit(f"loupe: {text!r} is no number") from None
        return text
    is_plain = repr(number) == text or (number.is_integer() and str(int(number)) == text)
    return number if kind == "number" or is_plain else text


def _unset(loupe: Client, parsed: argparse.Namespace) -> int:
    return _print_change(loupe.changes.modify_metadata(parsed.project, parsed.query, remove=parsed.keys))


def _print_change(change: Any) -> int:
    done = change.result()
    print(
        f"{done.changed_count} of {done.image_count} images changed, {done.skipped_count} left alone; "
        f"take it back with: loupe undo {change.name}"
    )
    return 0


def _import(loupe: Client, parsed: argparse.Namespace) -> int:
    asked = loupe.changes.import_metadata(
        parsed.project,
        parsed.table,
        key=parsed.key,
        apply_good_rows=parsed.apply_good_rows,
        validate_only=parsed.check,
    )
    done = asked.result()
    for fault in done.faults:
        print(fault.message, file=sys.stderr)
    what = f"applied; take it back with: loupe undo {asked.name}" if done.applied else "nothing is applied"
    print(
        f"{done.row_count} rows, {done.refused_count} refused; "
        f"{done.changed_count} of {done.image_count} images changed, {what}"
    )
    return 1 if done.refused_count else 0


def _keys(loupe: Client, parsed: argparse.Namespace) -> int:
    for one in loupe.changes.metadata_keys(parsed.project, parsed.prefix):
        print(f"{one.key}\t{', '.join(one.types).lower()}\t{one.image_count}")
    return 0


def _undo(loupe: Client, parsed: argparse.Namespace) -> int:
    asked = loupe.changes.undo(parsed.operation)
    done = asked.result()
    print(
        f"{done.reverted_count} changes of {done.image_count} images taken back, {done.kept_count} left alone because "
        f"somebody changed them since; take that back with: loupe undo {asked.name}"
    )
    return 0


def _history(loupe: Client, parsed: argparse.Namespace) -> int:
    for one in loupe.changes.history(parsed.image):
        line = {
            "time": one.create_time.isoformat(),
            "who": one.creator,
            "fact": one.fact,
            "subject": one.subject,
            "old": one.old,
            "new": one.new,
            "operation": one.operation,
        }
        print(json.dumps(line, ensure_ascii=False))
    return 0
