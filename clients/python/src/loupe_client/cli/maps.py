"""`loupe map`, `loupe maps` and `loupe place`."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from loupe_client import Client

_METHODS = ("PCA", "TSNE", "UMAP", "PACMAP")


def add_to(commands: Any) -> None:
    """Adds the commands to the parser's.

    Args:
        commands: What `add_subparsers` gave.
    """
    draw = commands.add_parser("map", help="draw a map of images, and print it as JSON when it is there")
    draw.add_argument("project", help="projects/…")
    draw.add_argument("query", nargs="?", default="", help="which images; all when left out")
    draw.add_argument("--method", choices=_METHODS, default="UMAP")
    draw.add_argument("--dimensions", type=int, choices=(2, 3), default=2)
    draw.add_argument("--source", default="", help="models/… or featureSets/…; the project's model when left out")
    draw.add_argument("--seed", type=int, default=0)
    draw.add_argument("--shared", action="store_true", help="everybody who may see the project may see it")
    draw.add_argument("--keep-current", action="store_true", help="place images on it that are analysed later")
    draw.set_defaults(run=_map)

    maps = commands.add_parser("maps", help="list the maps of a project, newest first, one JSON line each")
    maps.add_argument("project", help="projects/…")
    maps.set_defaults(run=_maps)

    place = commands.add_parser("place", help="place images on a map whose points stay where they are")
    place.add_argument("map", help="projects/…/analyses/…")
    place.add_argument("query", nargs="?", help="which images; those that the map's own query finds when left out")
    then = place.add_mutually_exclusive_group()
    then.add_argument("--keep-current", action="store_true", help="and from now on those that are analysed later")
    then.add_argument("--stop", action="store_true", help="keep it current no longer, and place nothing")
    place.set_defaults(run=_place)


def _map(loupe: Client, parsed: argparse.Namespace) -> int:
    drawn = loupe.analyses.create(
        parsed.project,
        parsed.query,
        parsed.method,
        dimensions=parsed.dimensions,
        feature_source=parsed.source,
        seed=parsed.seed,
        shared=parsed.shared,
        keep_current=parsed.keep_current,
    ).result()
    _print(drawn)
    return 0


def _maps(loupe: Client, parsed: argparse.Namespace) -> int:
    for one in loupe.analyses.list(parsed.project):
        _print(one)
    return 0


def _place(loupe: Client, parsed: argparse.Namespace) -> int:
    if parsed.stop:
        _print(loupe.analyses.keep_current(parsed.map, keep=False))
        return 0
    if parsed.keep_current:
        loupe.analyses.keep_current(parsed.map)
    _print(loupe.analyses.place(parsed.map, parsed.query).result())
    return 0


def _print(one: Any) -> None:
    print(json.dumps(asdict(one), ensure_ascii=False, default=str))
