"""`loupe labels | evaluate | review`."""

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from loupe_client import ApiError, Client, Measurement, Rate, ReviewItem
from loupe_client._types import ExportContent

_FORMS: dict[str, ExportContent] = {"table": "LABELS", "coco": "COCO", "yolo": "YOLO", "voc": "VOC"}


def add_to(commands: Any) -> None:
    """Adds the commands to the parser's.

    Args:
        commands: What `add_subparsers` gave.
    """
    _add_labels(commands.add_parser("labels", help="bring, hand out and set ground truth"))
    evaluate = commands.add_parser("evaluate", help="measure predictions by labels")
    evaluate.add_argument("project", help="projects/…")
    evaluate.add_argument("--query", default="", help="only images that match")
    evaluate.add_argument("--model", default="", help="model@version; default: the project's own answers")
    evaluate.add_argument("--min-iou", type=float, default=0.0, help="least overlap of box and label; default 0.6")
    evaluate.add_argument("--min-confidence", type=float, default=0.0, help="boxes less sure do not count")
    evaluate.add_argument("--by", nargs="+", default=[], help="line, recipe, camera, model, day, week, meta.<key>")
    evaluate.add_argument("--json", action="store_true", help="print everything as one JSON object")
    evaluate.set_defaults(run=_evaluate)
    review = commands.add_parser("review", help="review images one after the other in the terminal")
    review.add_argument("project", help="projects/…")
    review.add_argument("--query", default="", help="only images that match")
    review.add_argument(
        "--order", default="LEAST_CONFIDENCE", choices=["LEAST_CONFIDENCE", "OUTLIER", "DISAGREEMENT", "NEWEST"]
    )
    review.add_argument("--include-labelled", action="store_true", help="confirm labels that were imported, too")
    review.set_defaults(run=_review)


def _add_labels(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="command")
    bring = commands.add_parser("import", help="COCO json, zip of YOLO or Pascal VOC, or a table")
    bring.add_argument("project", help="projects/…")
    bring.add_argument("file", type=Path)
    bring.add_argument("--format", default="AUTO", choices=["AUTO", "COCO", "YOLO", "VOC", "TABLE"])
    bring.add_argument("--key", default="FILE_NAME", choices=["FILE_NAME", "SHA256", "ID"], help="names images by")
    bring.add_argument("--replace", action="store_true", help="labels of the file's images are replaced")
    bring.add_argument("--apply-good-rows", action="store_true", help="although others are faulty")
    bring.add_argument("--check", action="store_true", help="apply nothing, say what would be")
    bring.set_defaults(run=_import)
    export = commands.add_parser("export", help="write labels as a zip file")
    export.add_argument("project", help="projects/…")
    export.add_argument("target_file", type=Path)
    export.add_argument("--query", default="")
    export.add_argument("--form", default="table", choices=sorted(_FORMS))
    export.set_defaults(run=_export)
    give = commands.add_parser("set", help="give images a class")
    give.add_argument("project", help="projects/…")
    give.add_argument("label", help='the class; "" takes it away')
    give.add_argument("--query", required=True, help='images that match; "" means all')
    give.add_argument("--clear-boxes", action="store_true")
    give.set_defaults(run=_set)


def _import(loupe: Client, parsed: argparse.Namespace) -> int:
    report = loupe.labels.bring(
        parsed.project,
        parsed.file,
        form=parsed.format,
        key=parsed.key,
        replace=parsed.replace,
        apply_good_rows=parsed.apply_good_rows,
        validate_only=parsed.check,
    ).result()
    for fault in report.faults:
        print(f"{fault.file_name} row {fault.row}: {fault.message} ({fault.reason})", file=sys.stderr)
    what = "applied" if report.is_applied else "checked, nothing applied"
    print(f"{report.label_count} labels of {report.image_count} images {what}; {report.refused_count} rows refused")
    return 1 if report.refused_count else 0


def _export(loupe: Client, parsed: argparse.Namespace) -> int:
    export = loupe.exports.create(parsed.project, parsed.query, [_FORMS[parsed.form]]).result()
    size = loupe.exports.download(export.name, parsed.target_file)
    print(f"{parsed.target_file}: {export.image_count} images, {size} bytes")
    return 0


def _set(loupe: Client, parsed: argparse.Namespace) -> int:
    asked = loupe.labels.set(parsed.project, parsed.query, parsed.label, clear_boxes=parsed.clear_boxes)
    print(f"{asked.result()} images changed; {asked.name}")
    return 0


def _evaluate(loupe: Client, parsed: argparse.Namespace) -> int:
    found = loupe.evaluations.evaluate(
        parsed.project,
        parsed.query,
        model=parsed.model,
        min_iou=parsed.min_iou,
        min_confidence=parsed.min_confidence,
        by=parsed.by,
    )
    if parsed.json:
        print(json.dumps(dataclasses.asdict(found), ensure_ascii=False))
        return 0
    print(
        f"{found.image_count} images: {found.verified_count} with labels, {found.unverified_count} without, "
        f"{found.unanswered_count} with labels and no prediction"
    )
    print(f"overkill {_shown(found.verdicts.overkill)}, escape {_shown(found.verdicts.escape)}")
    for name, measured in (("classes", found.classes), ("boxes", found.boxes)):
        if measured is not None:
            _print_measurement(name, measured)
    for one in found.groups:
        rates = f"overkill {_shown(one.verdicts.overkill)}, escape {_shown(one.verdicts.escape)}"
        print(f"{one.field} {one.value or '-'}: {one.verified_count} of {one.image_count} images, {rates}")
    return 0


def _print_measurement(name: str, measured: Measurement) -> None:
    print(f"{name}: precision {_shown(measured.precision)}, recall {_shown(measured.recall)}, F1 {measured.f1:.4f}")
    for one in measured.classes:
        area = f", AP {one.average_precision:.4f}" if name == "boxes" else ""
        print(f"  {one.label}: precision {_shown(one.precision)}, recall {_shown(one.recall)}, F1 {one.f1:.4f}{area}")


def _shown(rate: Rate) -> str:
    if not rate.total:
        return "unknown (0 of 0)"
    return f"{rate.value:.2%} ({rate.count} of {rate.total}, {rate.low:.1%} to {rate.high:.1%})"


def _review(loupe: Client, parsed: argparse.Namespace) -> int:
    print("Enter agrees, s skips, q ends; anything else becomes the class.", file=sys.stderr)
    while True:
        items = loupe.reviews.take(
            parsed.project, parsed.query, order=parsed.order, include_labelled=parsed.include_labelled, count=1
        )
        left = loupe.reviews.progress(parsed.project, parsed.query, include_labelled=parsed.include_labelled)
        if not items:
            print(f"{left.reviewed_count} of {left.image_count} reviewed; nothing is left for you now")
            return 0
        try:
            said = input(f"[{left.left_count} left] {_about(items[0])} > ").strip()
        except EOFError:
            return 0
        if said == "q":
            return 0
        _say(loupe, items[0], said)


def _about(item: ReviewItem) -> str:
    image = item.image
    said = [f"{label} {score:.2f}" for one in image.predictions for label, score in one.scores[:1]]
    boxes = [f"{len(one.boxes)} boxes" for one in image.predictions if one.boxes]
    return f"{image.file_name}: {', '.join(said + boxes) or 'no prediction'}"


def _say(loupe: Client, item: ReviewItem, said: str) -> None:
    try:
        if said == "s":
            loupe.reviews.skip(item.image.name)
        elif said:
            loupe.reviews.relabel(item.image.name, [said])
        else:
            loupe.reviews.agree(item)
    except ApiError as error:
        print(f"loupe: {error}", file=sys.stderr)
