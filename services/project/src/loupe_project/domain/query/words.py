"""Words of the language to suggest, in English and Korean."""

from loupe_project.domain.query import fields
from loupe_project.domain.query.tree import Field, Kind
from loupe_project.domain.text import fold

USUAL = (
    "label", "conf", "tag", "line", "station", "camera", "lot", "verdict", "recipe", "truth", "is", "has", "at",
    "uploaded", "month", "model", "name", "serial", "product", "batch", "by", "outlier", "dup", "changed", "width",
    "height", "size", "format", "brightness", "contrast", "sharpness",
)  # fmt: skip
"""All fields of images, those asked for most first."""
KEYWORDS = {"en": ("OR", "AND", "NOT"), "ko": ("또는", "그리고", "제외")}
OPENINGS = ("box[", "count(box[")
MOMENTS = {"en": ("today", "yesterday", "-24h", "-7d", "-30d"), "ko": ("오늘", "어제", "-24h", "-7d", "-30d")}
EQUALITY = (":", "!=")
ORDER = (">=", "<=", ">", "<", ":")
_ORDERED = (Kind.NUMBER, Kind.TIME)


def language_of(typed: str, asked: str) -> str:
    """Which language to suggest in: that of what is typed, or else the one that was asked for."""
    if any("\uac00" <= sign <= "\ud7a3" or "\u3131" <= sign <= "\u318e" for sign in typed):
        return "ko"
    if any(sign.isalpha() for sign in typed):
        return "en"
    return "ko" if fold(asked).startswith("ko") else "en"


def field_names(typed: str, language: str, *, in_box: bool) -> list[tuple[Field, str]]:
    """Fields with a name that begins with what is typed, and that name."""
    known = fields.BOX_FIELDS if in_box else {name: fields.FIELDS[name] for name in USUAL}
    aliases = fields.KOREAN_BOX if in_box else fields.KOREAN
    korean: dict[str, str] = {}
    for alias, name in aliases.items():
        if alias.startswith(typed):
            korean.setdefault(name, alias)
    if language == "ko":
        return [(field, korean[name]) for name, field in known.items() if name in korean]
    return [(field, name) for name, field in known.items() if name.startswith(fold(typed))]


def operators(field: Field) -> tuple[str, ...]:
    """Operators of a field, the usual one first."""
    if field.kind is Kind.METADATA:
        return (":", "!=", ">=", "<=", ">", "<")
    return ORDER if field.kind in _ORDERED else EQUALITY


def follows(field: Field) -> str:
    """What is written after a field's name at once: the colon, where there is hardly anything else."""
    return "" if field.kind in _ORDERED else ":"


def states(field: Field, language: str) -> list[str]:
    """Words that a field takes as values; empty if they are not fixed."""
    known = {Kind.STATE: tuple(fields.STATES), Kind.DUPLICATE: tuple(fields.DUPLICATES)}.get(field.kind, ())
    return [word for word in known if word.isascii() == (language == "en")]
