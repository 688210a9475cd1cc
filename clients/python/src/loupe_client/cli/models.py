"""`loupe models`: the catalogue, and models of one's own."""

import argparse
import sys
from pathlib import Path
from typing import Any

from loupe_client import Client, ModelFile, Preprocessing

_FORMATS: dict[str, Any] = {".onnx": "ONNX", ".pt": "TORCHSCRIPT", ".ts": "TORCHSCRIPT", ".torchscript": "TORCHSCRIPT",
            ".zip": "HUGGING_FACE"}  # fmt: skip


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    models = commands.add_parser("models", help="list models; register and activate one's own (administrators)")
    verbs = models.add_subparsers(required=True, metavar="verb")
    listing = verbs.add_parser("list", help="print the models, or the versions of one")
    listing.add_argument("model", nargs="?", help="models/…")
    listing.set_defaults(run=_list)
    register = verbs.add_parser("register", help="take in an ONNX file, TorchScript archive or Hugging Face zip")
    register.add_argument("file", type=Path)
    register.add_argument("model", help="models/…; made if it is not there")
    register.add_argument("--name", help="for people; default: the id")
    register.add_argument("--task", choices=["classification", "detection"], default="classification")
    register.add_argument("--format", choices=["onnx", "torchscript", "hugging_face"], help="default: by the suffix")
    register.add_argument("--labels", type=Path, help="text file, a class a line in the order of the output")
    register.add_argument("--size", type=_pair, help="224x224: width and height that images are scaled to")
    register.add_argument("--mean", type=_three, default=(), help="123.7,116.3,103.5: of red, green and blue, of 255")
    register.add_argument("--scale", type=_three, default=(), help="58.4,57.1,57.4: the same for the scale")
    register.add_argument("--bgr", action="store_true", help="the network wants blue first")
    register.add_argument("--fit", action="store_true", help="images keep their shape, between black bars")
    register.add_argument("--description", default="")
    register.add_argument("--licence", default="", help="SPDX identifier")
    register.set_defaults(run=_register)
    servers = verbs.add_parser("servers", help="print the servers that host models, and what each has loaded")
    servers.set_defaults(run=_servers)
    for verb, run, text in (
        ("activate", _activate, "have a version analyse new images; an older one rolls back"),
        ("delete", _delete, "delete a version that nobody uses"),
    ):
        parser = verbs.add_parser(verb, help=text)
        parser.add_argument("version", help="models/…/versions/…")
        parser.set_defaults(run=run)


def _list(loupe: Client, parsed: argparse.Namespace) -> int:
    if parsed.model:
        for version in loupe.model_versions.list(parsed.model):
            print(f"{version.name}  {version.create_time}{'  active' if version.is_active else ''}")
        return 0
    for model in loupe.models():
        print(f"{model.name}  {model.task.lower()}  {model.display_name}")
    return 0


def _register(loupe: Client, parsed: argparse.Namespace) -> int:
    found = parsed.format.upper() if parsed.format else _FORMATS.get(parsed.file.suffix.lower())
    if found is None:
        print(f"loupe: say --format: the suffix of {parsed.file} does not tell it", file=sys.stderr)
        return 2
    lines = parsed.labels.read_text("utf-8").splitlines() if parsed.labels else ()
    labels = [line.strip() for line in lines if line.strip()]
    how = None
    if parsed.size:
        width, height = parsed.size
        how = Preprocessing(width, height, parsed.mean, parsed.scale, parsed.bgr, parsed.fit)
    version = loupe.model_versions.register(
        ModelFile(parsed.file, found, labels, how),
        parsed.model,
        parsed.name or parsed.model.rpartition("/")[2],
        parsed.task.upper(),
        description=parsed.description,
        licence=parsed.licence,
    )
    state = "active" if version.is_active else f"activate it with: loupe models activate {version.name}"
    print(f"{version.name}: {version.label_count} classes, {version.milliseconds_per_image:.1f} ms an image; {state}")
    return 0


def _activate(loupe: Client, parsed: argparse.Namespace) -> int:
    print(f"{loupe.model_versions.activate(parsed.version).name}: active")
    return 0


def _servers(loupe: Client, _parsed: argparse.Namespace) -> int:
    for server in loupe.model_versions.servers():
        devices = " ".join(f"{name}={count}" for name, count in server.accelerators.items()) or "cpu"
        state = "ready" if server.is_ready else "not ready"
        print("  ".join(filter(None, (server.display_name, server.pool, server.node, devices, state))))
        for version in server.hosted:
            print(f"  {version}")
        if server.fault:
            print(f"  FAULT: {server.fault}")
    return 0


def _delete(loupe: Client, parsed: argparse.Namespace) -> int:
    loupe.model_versions.delete(parsed.version)
    return 0


def _pair(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def _three(text: str) -> tuple[float, ...]:
    return tuple(float(value) for value in text.split(","))
