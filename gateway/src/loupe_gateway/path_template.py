"""Path templates of `google.api.http`: `/v1/{parent=projects/*}/images:search`.

Grammar: https://github.com/googleapis/googleapis/blob/master/google/api/http.proto. Of it Loupe's contracts use
literals, `{field}`, `{field=literal/*}` with `*` and `**`, and a custom verb at the end.
"""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote

_VARIABLE = re.compile(r"\{(?P<field>[\w.]+)(?:=(?P<pattern>[^}]+))?\}")
_SEGMENT = r"[^/:]+"
_SEGMENTS = r"[^:]+"


@dataclass(frozen=True, slots=True)
class PathTemplate:
    """A template, ready to match request paths."""

    text: str
    """The template as written."""
    fields: tuple[str, ...]
    """Request fields that the path carries, dotted, in order."""
    patterns: tuple[str, ...]
    """What each field looks like, `projects/*`."""
    literal_count: int
    """Characters that must match to the letter; the more, the more specific."""
    _regex: re.Pattern[str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Returns the template that `text` says."""
        fields, patterns, expression, position = [], [], "", 0
        for variable in _VARIABLE.finditer(text):
            fields.append(variable["field"])
            patterns.append(variable["pattern"] or "*")
            expression += re.escape(text[position : variable.start()]) + f"({_expression(patterns[-1])})"
            position = variable.end()
        expression += re.escape(text[position:])
        literals = len(_VARIABLE.sub("", text)) + sum(len(pattern.replace("*", "")) for pattern in patterns)
        return cls(text, tuple(fields), tuple(patterns), literals, re.compile(expression))

    def match(self, raw_path: str) -> dict[str, str] | None:
        """Returns the field values that `raw_path` (still percent-encoded) carries, or None where it does not match."""
        found = self._regex.fullmatch(raw_path)
        if found is None:
            return None
        return dict(zip(self.fields, map(unquote, found.groups()), strict=True))

    def with_plain_names(self) -> tuple[str, list[tuple[str, str]]]:
        """Returns the path as OpenAPI writes it, and its parameters as (name, description).

        `/v1/{parent=projects/*}/images` becomes `/v1/projects/{project}/images`.
        """
        parameters: list[tuple[str, str]] = []

        def plain(variable: re.Match[str]) -> str:
            segments, path = (variable["pattern"] or "*").split("/"), []
            for index, segment in enumerate(segments):
                if segment not in {"*", "**"}:
                    path.append(segment)
                    continue
                collection = segments[index - 1] if index else variable["field"]
                name = _singular(collection)
                parameters.append((name, f"Id of the {name.replace('_', ' ')}."))
                path.append(f"{{{name}}}")
            return "/".join(path)

        return _VARIABLE.sub(plain, self.text), parameters


def _expression(pattern: str) -> str:
    parts = {"*": _SEGMENT, "**": _SEGMENTS}
    return "/".join(parts.get(segment, re.escape(segment)) for segment in pattern.split("/"))


def _singular(collection: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", collection).lower()
    for plural, singular in (("yses", "ysis"), ("ies", "y"), ("ches", "ch"), ("s", "")):
        if words.endswith(plural):
            return words.removesuffix(plural) + singular
    return words
