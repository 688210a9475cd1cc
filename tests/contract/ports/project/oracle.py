"""Random queries as text, each with a Python function that says which images it means."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from loupe_project.domain.text import fold
from tests.contract.ports.project import corpus as c

Means = Callable[[c.ImageFact], bool]
Asked = tuple[str, Means]
BoxMeans = Callable[[c.BoxFact], bool]
OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    ":": lambda a, b: a == b,
    "=": lambda a, b: a == b,
}
SEOUL = ZoneInfo("Asia/Seoul")
GOOD = {"ok", "양품"}


def written(text: str) -> str:
    """A text as a quoted value that means itself."""
    return '"' + re.sub(r'(["*\\])', r"\\\1", text) + '"'


def same(texts: list[str], wanted: str) -> bool:
    return any(fold(text) == fold(wanted) for text in texts)


def like(texts: list[str], pattern: str) -> bool:
    """`*` is a wildcard; nothing else is special."""
    expression = re.compile(re.sub(r"\\\*", ".*", re.escape(fold(pattern))), re.DOTALL)
    return any(expression.fullmatch(fold(text)) for text in texts)


def texts_of(field: str, image: c.ImageFact) -> list[str]:
    match field:
        case "tag":
            return image.tags
        case "label":
            return [image.label] if image.label else []
        case "truth":
            return [*([image.truth] if image.truth else []), *image.box_labels]
        case "format":
            return [image.format]
        case "name":
            return [image.name, image.name.rpartition("/")[2]]
        case _:
            value = image.metadata.get(field.removeprefix("meta."))
            if isinstance(value, bool):
                return [str(value).lower()]
            return [value] if isinstance(value, str) else []


VOCABULARY = {
    "tag": c.TAGS,
    "label": c.LABELS,
    "truth": c.LABELS,
    "format": ("png", "JPEG", "tiff"),
    "line": c.LINES,
    "lot": c.LOTS,
    "verdict": ("OK", "ng"),
    "meta.operator": ("KIM", "kim_2", "100%", "*", "nobody"),
    "meta.hot": ("true", "false"),
    "name": (*c.NAMES, "사진.png"),
}


@st.composite
def exact(draw: st.DrawFn) -> Asked:
    field = draw(st.sampled_from(sorted(VOCABULARY)))
    wanted = draw(st.lists(st.sampled_from(VOCABULARY[field]), min_size=1, max_size=3))
    op = draw(st.sampled_from((":", "=", "!=")))
    text = f"{field}{op}{','.join(written(value) for value in wanted)}"

    def holds(image: c.ImageFact) -> bool:
        return any(same(texts_of(field, image), value) for value in wanted) is (op != "!=")

    return text, holds


WILDCARDS = (
    *(("lot", pattern) for pattern in ("A23*", "a23_*", "*2*")),
    *(("tag", pattern) for pattern in ("*_*", "*%", "*~*", "*\\s*", "*")),
    *(("name", pattern) for pattern in ("cell*png", "*.png", "*/cell*")),
    ("label", "*n*"),
    ("line", "*호기"),
)


@st.composite
def wildcard(draw: st.DrawFn) -> Asked:
    field, pattern = draw(st.sampled_from(WILDCARDS))
    return f"{field}:{pattern}", lambda image: like(texts_of(field, image), pattern)


@st.composite
def number(draw: st.DrawFn) -> Asked:
    field, values = draw(
        st.sampled_from(
            (
                ("conf", (0.1, 0.55, 0.6, 0.95)),
                ("width", (100, 640, 1000)),
                ("size", (500, 20000)),
                ("meta.temp", (60, 72.5, -3, 90)),
            )
        )
    )
    op = draw(st.sampled_from(sorted(OPERATORS)))
    value = draw(st.sampled_from(values))
    return f"{field}{op}{value:g}", lambda image: (n := number_of(field, image)) is not None and OPERATORS[op](n, value)


def number_of(field: str, image: c.ImageFact) -> float | None:
    found = {
        "conf": image.confidence,
        "width": image.width,
        "size": image.size,
        "meta.temp": image.metadata.get("temp"),
    }
    return found[field]


def between(
    text: str, read: Callable[[c.ImageFact], datetime | None], low: datetime | None, high: datetime | None
) -> Asked:
    def holds(image: c.ImageFact) -> bool:
        value = read(image)
        return value is not None and (low is None or value >= low) and (high is None or value < high)

    return text, holds


@st.composite
def moment(draw: st.DrawFn) -> Asked:
    name, read = draw(
        st.sampled_from(
            (
                ("at", lambda i: i.captured),
                ("uploaded", lambda i: i.uploaded),
                ("meta.when", lambda i: i.metadata.get("when")),
            )
        )
    )
    day = datetime(2026, 11, draw(st.integers(19, 23)), tzinfo=SEOUL)
    hours = draw(st.sampled_from((2, 24, 48)))
    relative = c.NOW - timedelta(hours=hours)
    written_day = f"{day:%Y-%m-%d}"
    after = day + timedelta(days=1)
    return draw(
        st.sampled_from(
            (
                between(f"{name}:{written_day}", read, day, after),
                between(f"{name}>{written_day}", read, after, None),
                between(f"{name}<={written_day}", read, None, after),
                between(f"{name}<{written_day}", read, None, day),
                between(f"{name}:..{written_day}", read, None, after),
                between(f"{name}:{written_day}..2026-11-22", read, day, datetime(2026, 11, 23, tzinfo=SEOUL)),
                between(f"{name}>=-{hours}h", read, relative, None),
                between(f"{name}:-{hours}h", read, relative, None),
                between(f"{name}<-{hours}h", read, None, relative),
                between(
                    f"{name}:today", read, datetime(2026, 11, 22, tzinfo=SEOUL), datetime(2026, 11, 23, tzinfo=SEOUL)
                ),
            )
        )
    )


def is_defect(text: str | None) -> bool:
    return text is not None and fold(text) not in GOOD


def true_verdict(image: c.ImageFact) -> str:
    labels = texts_of("truth", image)
    return ("NG" if any(map(is_defect, labels)) else "OK") if labels else ""


def predicted_verdict(image: c.ImageFact) -> str:
    if image.active is None:
        return ""
    return "NG" if is_defect(image.label) or any(is_defect(box.label) for box in boxes(image)) else "OK"


FIXED: tuple[Asked, ...] = (
    ("is:analysed", lambda i: i.state == "ANALYSED"),
    ("is:failed,pending", lambda i: i.state in ("FAILED", "PENDING")),
    ("is:overkill", lambda i: (predicted_verdict(i), true_verdict(i)) == ("NG", "OK")),
    ("상태:미검", lambda i: (predicted_verdict(i), true_verdict(i)) == ("OK", "NG")),
    ("is:reviewed", lambda i: bool(texts_of("truth", i)) or "Reviewed" in i.tags),
    ("has:truth", lambda i: bool(texts_of("truth", i))),
    ("has:tag", lambda i: bool(i.tags)),
    ("has:label", lambda i: i.label is not None),
    ("has:at", lambda i: i.captured is not None),
    ("has:meta.operator", lambda i: "operator" in i.metadata),
    ("has:line,lot", lambda i: "line" in i.metadata or "lot" in i.metadata),
    ("has:model", lambda i: bool(i.predictions)),
    ("has:box", lambda i: bool(boxes(i))),
    ("model:yolo-v3", lambda i: any(m == "yolo-v3" for m, _ in i.predictions)),
    ("model:yolo*@2,efficientnet-lite0", lambda i: bool({("yolo-v3", "2"), c.MODELS[0]} & i.predictions.keys())),
    ("meta.operator:60", lambda i: i.metadata.get("operator") == "60"),
    ("meta.temp:60..80", lambda i: "temp" in i.metadata and 60 <= i.metadata["temp"] <= 80),
    ("scr", lambda i: contains(i, "scr")),
    ('"100%"', lambda i: contains(i, "100%")),
    ("pin_h", lambda i: contains(i, "pin_h")),
    (f"by:{c.OWNER}", lambda i: True),
    ("by:nobody", lambda i: False),
)


def contains(image: c.ImageFact, text: str) -> bool:
    found = [*image.tags, image.name, *texts_of("label", image), *texts_of("truth", image)]
    return any(fold(text) in fold(one) for one in found)


def boxes(image: c.ImageFact, models: set[tuple[str, str]] | None = None) -> list[c.BoxFact]:
    wanted = {image.active} if models is None else models
    return [box for model, found in image.predictions.items() if model in wanted for box in found]


@st.composite
def box_leaf(draw: st.DrawFn) -> Any:
    label = draw(st.sampled_from(c.LABELS))
    op = draw(st.sampled_from(sorted(OPERATORS)))
    compare = OPERATORS[op]
    number_ = draw(st.sampled_from((0.3, 0.5, 0.9)))
    area = draw(st.sampled_from((32, 200, 999)))
    return draw(
        st.sampled_from(
            (
                (f"label:{label}", lambda b: fold(b.label) == fold(label)),
                (f"conf{op}{number_}", lambda b: compare(b.confidence, number_)),
                (f"area{op}{area}", lambda b: compare(b.area, area)),
                ("x>0", lambda b: b.x > 0),
                ("w:20 h:10..60", lambda b: b.width == 20 and 10 <= b.height <= 60),
                ("e", lambda b: "e" in fold(b.label)),
            )
        )
    )


def box_tree() -> st.SearchStrategy[tuple[str, BoxMeans]]:
    return st.recursive(box_leaf(), combined, max_leaves=4)


@st.composite
def box(draw: st.DrawFn) -> Asked:
    text, means = draw(box_tree())
    models = draw(st.sampled_from((None, {("yolo-v3", "2")}, {("yolo-v3", "1"), ("yolo-v3", "2")})))
    if models is not None:
        text = f"model:yolo-v3@2 ({text})" if len(models) == 1 else f"({text}) model:yolo-v3"
    if draw(st.booleans()):
        return f"box[{text}]", lambda image: any(means(b) for b in boxes(image, models))
    op, wanted = draw(st.sampled_from(sorted(OPERATORS))), draw(st.integers(0, 3))
    return f"count(box[{text}]) {op} {wanted}", lambda i: OPERATORS[op](sum(means(b) for b in boxes(i, models)), wanted)


@st.composite
def combined(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> Any:
    """AND, OR or NOT of others, in any of the ways to write them."""
    kind = draw(st.sampled_from(("and", "or", "not", "mixed")))
    parts = draw(st.lists(inner, min_size=3 if kind == "mixed" else 2, max_size=3))
    texts, means = [f"({text})" for text, _ in parts], [meaning for _, meaning in parts]
    if kind == "not":
        sign = draw(st.sampled_from(("NOT ", "-", "제외 ", "NOT NOT NOT ")))
        return f"{sign}{texts[0]}", lambda one: not means[0](one)
    if kind == "and":
        sign = draw(st.sampled_from((" ", " AND ", " 그리고 ")))
        return sign.join(texts), lambda one: all(meaning(one) for meaning in means)
    if kind == "or":
        sign = draw(st.sampled_from((" OR ", " 또는 ")))
        return sign.join(texts), lambda one: any(meaning(one) for meaning in means)
    first, second, third = means
    return f"{texts[0]} OR {texts[1]} -{texts[2]}", lambda one: first(one) or (second(one) and not third(one))


def leaf() -> st.SearchStrategy[Asked]:
    return st.one_of(exact(), wildcard(), number(), moment(), box(), st.sampled_from(FIXED))


def query() -> st.SearchStrategy[Asked]:
    return st.recursive(leaf(), combined, max_leaves=8)
