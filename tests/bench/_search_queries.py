"""Forty queries from trivial to nasty, each as people write it and as a `$match` of MongoDB over the same images."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

Match = dict[str, Any]


def _day(month: int, day: int) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


def _like(pattern: str) -> re.Pattern[str]:
    return re.compile(f"^{'.*'.join(map(re.escape, pattern.split('*')))}$")


def _box(**terms: Any) -> Match:
    return {"boxes": {"$elemMatch": {"own": True, **terms}}}


def _count(comparison: str, number: int, *conditions: Any) -> Match:
    of = {"$filter": {"input": "$boxes", "as": "b", "cond": {"$and": ["$$b.own", *conditions]}}}
    return {"$expr": {f"${comparison}": [{"$size": of}, number]}}


_OVERKILL: Match = {"$and": [{"truth": "OK"}, {"$or": [{"label": {"$nin": ["OK", None]}}, _box()]}]}

QUERIES: list[tuple[str, Match]] = [
    ("", {}),
    ("tag:shift-1", {"tags": "shift-1"}),
    ("label:scratch", {"label": "scratch"}),
    ("line:L1", {"meta.line": "L1"}),
    ("verdict:NG", {"meta.verdict": "NG"}),
    ("serial:SN00007919", {"meta.serial": "SN00007919"}),
    ("is:analysed", {"state": "ANALYSED"}),
    ("is:failed", {"state": "FAILED"}),
    ("conf<0.5", {"conf": {"$lt": 0.5}}),
    ("has:truth", {"truth.0": {"$exists": True}}),
    ("-has:truth", {"truth.0": {"$exists": False}}),
    ("tag:shift-1 AND NOT tag:crew-3", {"$and": [{"tags": "shift-1"}, {"tags": {"$ne": "crew-3"}}]}),
    ("label:dent conf<0.6", {"label": "dent", "conf": {"$lt": 0.6}}),
    (
        "(line:L1 OR line:L2) verdict:NG -has:truth",
        {"meta.line": {"$in": ["L1", "L2"]}, "meta.verdict": "NG", "truth.0": {"$exists": False}},
    ),
    ("label:OK,stain", {"label": {"$in": ["OK", "stain"]}}),
    ("lot:A1*", {"meta.lot": _like("A1*")}),
    ("lot:*-3", {"meta.lot": _like("*-3")}),
    ("lot:A20* camera:cam3", {"meta.lot": _like("A20*"), "meta.camera": "cam3"}),
    ("name:*part-00012*", {"name": _like("*part-00012*")}),
    ("name:l3/*", {"name": _like("l3/*")}),
    (
        "scr",
        {"$or": [{"name": re.compile("scr")}, {"label": re.compile("scr")}, {"tags": re.compile("scr")},
                 {"truth": re.compile("scr")}]},
    ),
    ("serial:SN0000*", {"meta.serial": _like("SN0000*")}),
    ("serial:*77", {"meta.serial": _like("*77")}),
    ("meta.temp:60..80", {"meta.temp": {"$gte": 60, "$lte": 80}}),
    ("meta.temp>85 verdict:NG", {"meta.temp": {"$gt": 85}, "meta.verdict": "NG"}),
    ("at:2026-09-10..2026-09-12", {"at": {"$gte": _day(9, 10), "$lt": _day(9, 13)}}),
    ("uploaded>2026-11-20", {"uploaded": {"$gte": _day(11, 21)}}),
    ("width:4096 size>5MB", {"width": 4096, "size": {"$gt": 5_000_000}}),
    ("outlier>0.95", {"outlier": {"$gt": 0.95}}),
    ("model:yolo-v3@2", {"models": "yolo-v3@2"}),
    ("box[label:crack conf>=0.7 area>500]", _box(label="crack", conf={"$gte": 0.7}, area={"$gt": 500})),
    ("count(box[label:pinhole]) >= 2", _count("gte", 2, {"$eq": ["$$b.label", "pinhole"]})),
    ("count(box[conf>0.5]) = 0", _count("eq", 0, {"$gt": ["$$b.conf", 0.5]})),
    (
        "box[model:yolo-v3@1 label:scratch conf<0.5] -tag:check-0",
        {
            "boxes": {"$elemMatch": {"model": "yolo-v3@1", "label": "scratch", "conf": {"$lt": 0.5}}},
            "tags": {"$ne": "check-0"},
        },
    ),
    ("NOT box[NOT label:dent]", {"$nor": [_box(label={"$ne": "dent"})]}),
    ("is:overkill", _OVERKILL),
    ("is:overkill line:L1,L2,L3", {"$and": [_OVERKILL, {"meta.line": {"$in": ["L1", "L2", "L3"]}}]}),
    (
        "tag:shift-* -tag:crew-* (label:scratch OR label:dent OR box[label:crack])",
        {
            "$and": [
                {"tags": re.compile("^shift-")},
                {"tags": {"$not": re.compile("^crew-")}},
                {"$or": [{"label": {"$in": ["scratch", "dent"]}}, _box(label="crack")]},
            ]
        },
    ),
    (
        "-(line:L1 verdict:OK) -(camera:cam1 OR camera:cam2) conf>0.4 meta.temp<75",
        {
            "$and": [
                {"$nor": [{"meta.line": "L1", "meta.verdict": "OK"}]},
                {"meta.camera": {"$nin": ["cam1", "cam2"]}},
                {"conf": {"$gt": 0.4}},
                {"meta.temp": {"$lt": 75}},
            ]
        },
    ),
    (
        "(outlier>0.9 OR conf<0.4 OR is:failed) -tag:mould-0 at>=2026-10-01",
        {
            "$and": [
                {"$or": [{"outlier": {"$gt": 0.9}}, {"conf": {"$lt": 0.4}}, {"state": "FAILED"}]},
                {"tags": {"$ne": "mould-0"}},
                {"at": {"$gte": _day(10, 1)}},
            ]
        },
    ),
]  # fmt: skip

INDEXES = (
    "tags", "label", "meta.line", "meta.verdict", "meta.serial", "meta.lot", "meta.camera", "meta.temp", "state",
    "conf", "name", "at", "uploaded", "outlier", "models", "boxes.label",
)  # fmt: skip
"""One for each field that is asked for, as somebody would make them who keeps images in MongoDB."""
