"""`loupe upload | search | searches | tag | metadata | undo | copy | trash | select | teach | export` and more.

LOUPE_TARGET and LOUPE_API_KEY name the Loupe.
"""

import argparse
import getpass
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc

from loupe_client import ApiError, Client, UploadBatch, UploadedFile, UploadFile
from loupe_client.cli import changes, curation, drift, maps, models, quality, searches, similar, splits, teach, trash

_IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"}


def main(arguments: list[str] | None = None) -> int:
    """Runs one command.

    Returns:
        0; 1 when Loupe refused something, which is printed; 2 for unusable arguments.
    """
    parsed = _parser().parse_args(arguments)
    credentials = grpc.ssl_channel_credentials() if parsed.tls else None
    try:
        with Client(parsed.target, api_key=parsed.api_key, credentials=credentials) as loupe:
            if parsed.email:
                loupe.sign_in(parsed.email, os.environ.get("LOUPE_PASSWORD") or getpass.getpass("Password: "))
            return int(parsed.run(loupe, parsed))
    except ApiError as error:
        print(f"loupe: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="loupe", description=__doc__)
    parser.add_argument("--target", default=os.environ.get("LOUPE_TARGET", "127.0.0.1:50051"), help="host:port of gRPC")
    parser.add_argument("--api-key", default=os.environ.get("LOUPE_API_KEY"), help="better: set LOUPE_API_KEY")
    parser.add_argument(
        "--email", default=os.environ.get("LOUPE_EMAIL"),
        help="sign in as a person, with LOUPE_PASSWORD or when asked; what administrators do needs it",
    )  # fmt: skip
    parser.add_argument("--tls", action="store_true", help="speak TLS")
    commands = parser.add_subparsers(required=True, metavar="command")
    upload = commands.add_parser("upload", help="send files, folders, zips, tables, features")
    upload.add_argument("project", help="projects/…")
    upload.add_argument("paths", nargs="+", type=Path)
    upload.add_argument("--feature-set", default="", help="that feature files belong to")
    upload.add_argument("--wait", action="store_true", help="until everything is analysed")
    upload.set_defaults(run=_upload)
    search = commands.add_parser("search", help="print the images that match, one JSON line each")
    search.add_argument("project", help="projects/…")
    search.add_argument("query", nargs="?", default="")
    search.add_argument("--count", action="store_true", help="print the number only")
    search.add_argument(
        "--facets", nargs="*", metavar="FIELD", help="print the values of these fields with their numbers, as JSON"
    )
    search.set_defaults(run=_search)
    searches.add_to(commands)
    curation.add_commands(commands)
    teach.add_to(commands)
    similar.add_to(commands)
    splits.add_to(commands)
    drift.add_to(commands)
    maps.add_to(commands)
    models.add_to(commands)
    trash.add_to(commands)
    changes.add_to(commands)
    quality.add_to(commands)
    export = commands.add_parser("export", help="write results as a zip file")
    export.add_argument("project", help="projects/…")
    export.add_argument("target_file", type=Path)
    images = export.add_mutually_exclusive_group()
    images.add_argument("--query", default="")
    images.add_argument("--split", default="", help="projects/…/splits/…: in folders train, val and test")
    export.add_argument(
        "--contents", nargs="+", default=["IMAGES", "CSV"],
        choices=[
            "IMAGES", "CSV", "JSONL", "PARQUET", "COCO", "YOLO", "VOC", "LABELS", "IMAGE_FOLDER", "FEATURES", "MAPS",
        ],
    )  # fmt: skip
    export.set_defaults(run=_export)
    return parser


def _upload(loupe: Client, parsed: argparse.Namespace) -> int:
    files = (file for path in parsed.paths for file in _files(path))
    refused, batch = 0, None
    for answer in loupe.uploads.send(parsed.project, files, feature_set=parsed.feature_set):
        if isinstance(answer, UploadBatch):
            batch = answer
        elif answer.failure:
            refused += 1
            print(f"{answer.file_name}: {answer.failure} ({answer.reason})", file=sys.stderr)
        else:
            print(_line(answer))
    if batch is not None and parsed.wait:
        for state in loupe.uploads.watch(batch.name):
            batch = state
        refused = batch.refused_count
        print(f"{batch.analysed_count} analysed, {batch.failed_count} failed, {batch.refused_count} refused")
        for notice in loupe.uploads.notices(batch.name):
            if notice.is_error:
                print(f"{notice.file_name} row {notice.row}: {notice.message}", file=sys.stderr)
    return 1 if refused else 0


def _line(answer: UploadedFile) -> str:
    what = answer.image or answer.operation or answer.kind.lower()
    return f"{answer.file_name}: {what}{' (was there before)' if answer.is_duplicate else ''}"


def _files(path: Path) -> Iterator[UploadFile | Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*")):
        if file.is_file() and file.suffix.lower() in _IMAGE_SUFFIXES:
            # Files of a folder keep the way to them as their name.
            yield UploadFile(str(file.relative_to(path.parent)), file.read_bytes())


def _search(loupe: Client, parsed: argparse.Namespace) -> int:
    if parsed.count:
        print(loupe.images.count(parsed.project, parsed.query))
        return 0
    if parsed.facets is not None:
        facets = loupe.images.facets(parsed.project, parsed.query, parsed.facets)
        print(json.dumps(facets, ensure_ascii=False))
        return 0
    for image in loupe.images.search(parsed.project, parsed.query):
        scores = [[label, round(score, 4)] for each in image.predictions for label, score in each.scores[:1]]
        found = {
            "name": image.name,
            "file_name": image.file_name,
            "state": image.state,
            "prediction": scores,
            "label": image.label,
            "tags": list(image.tags),
            "metadata": dict(image.metadata),
        }
        print(json.dumps(found, ensure_ascii=False))
    return 0


def _export(loupe: Client, parsed: argparse.Namespace) -> int:
    export = loupe.exports.create(parsed.project, parsed.query, parsed.contents, split=parsed.split).result()
    size = loupe.exports.download(export.name, parsed.target_file)
    print(f"{parsed.target_file}: {export.image_count} images, {size} bytes")
    return 0
