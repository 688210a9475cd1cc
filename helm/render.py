"""Renders what follows from values.yaml: the closed schema and the table in the chart's README.

`python helm/render.py` writes both, `--check` says whether they are as they should be. Types come from the defaults,
texts from the comments above the keys, and the keys of each `config` block from the settings of its service. A key
without a comment is an error.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import value_rules
import yaml
from pydantic_settings import BaseSettings

from loupe_auth.settings import AuthSettings
from loupe_gateway.settings import GatewaySettings
from loupe_inference.settings import InferenceSettings
from loupe_project.settings import ProjectSettings
from loupe_reduction.settings import ReductionSettings

CHART = Path(__file__).parent / "loupe"
SETTINGS: dict[str, type[BaseSettings]] = {
    "auth": AuthSettings,
    "project": ProjectSettings,
    "inference": InferenceSettings,
    "reduction": ReductionSettings,
    "gateway": GatewaySettings,
}
_BEGIN, _END = "<!-- values: begin -->\n", "<!-- values: end -->\n"


class CommentMissing(Exception):
    """A key of values.yaml says nothing about itself."""


def comments(text: str) -> dict[str, str]:
    """Reads the comment above each key of values.yaml.

    Returns:
        By path, `auth.image.tag`, the comment in one line; keys inside `{…}` have none.

    Raises:
        CommentMissing: a key has none.
    """
    found: dict[str, str] = {}
    path: list[str] = []
    said: list[str] = []
    for line in text.splitlines():
        if match := re.match(r"^( *)# ?(.*)$", line):
            said.append(match[2])
        elif match := re.match(r"^( *)([\w./-]+):", line):
            depth = len(match[1]) // 2
            path = [*path[:depth], match[2]]
            name = ".".join(path)
            if not said and not _is_part(name):
                raise CommentMissing(f"values.yaml: {name} has no comment.")
            if said:
                found[name] = " ".join(said)
            said = []
        else:
            said = []
    return found


def schema(values: dict[str, Any], said: dict[str, str]) -> dict[str, Any]:
    """Returns the JSON schema (draft 7) of the values."""
    root = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Values of Loupe"} | _node("", values, said)
    # Subcharts and parents share `global`, and Helm itself may add to it.
    root["properties"]["global"]["additionalProperties"] = True
    return root


def config_keys(component: str) -> dict[str, dict[str, Any]]:
    """Returns what may stand in `<component>.config`: by name in camelCase, the schema of the setting."""
    model = SETTINGS[component]
    fields = model.model_json_schema(by_alias=False)
    return {
        _camel(name): _resolved(property_, fields.get("$defs", {}))
        for name, property_ in fields["properties"].items()
        if name not in value_rules.COMMON | value_rules.TOLD[component]
    }


def table(values: dict[str, Any], said: dict[str, str]) -> str:
    """Returns the values as a table in Markdown."""
    rows = ["| value | default | meaning |", "| --- | --- | --- |"]
    for path, default in _leaves("", values, said):
        rows.append(f"| `{path}` | `{json.dumps(default)}` | {_cell(said[path])} |")
        if path == "gpuPools":
            rows += [
                f"| `gpuPools.*.{key}` | | {_cell(pool['description'])} |"
                for key, pool in value_rules.POOL["properties"].items()
            ]
    for component in SETTINGS:
        for key, about in config_keys(component).items():
            rows.append(f"| `{component}.config.{key}` | | {_cell(about.get('description', ''))} |")
    return "\n".join(rows) + "\n"


def _node(path: str, value: Any, said: dict[str, str]) -> dict[str, Any]:
    about = {"description": said[path]} if path in said else {}
    special = _special(path)
    if special is not None:
        return about | special
    if path.endswith(".config"):
        return about | _closed(config_keys(path.partition(".")[0]))
    if isinstance(value, dict):
        return about | _closed({key: _node(f"{path}.{key}".strip("."), child, said) for key, child in value.items()})
    return about | {"type": _type_of(path, value)}


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _type_of(path: str, value: Any) -> str:
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string")):
        if isinstance(value, kind):
            return name
    raise TypeError(f"values.yaml: say in {Path(__file__).name} what {path} may hold.")


def _special(path: str) -> dict[str, Any] | None:
    return value_rules.SPECIAL.get(path, value_rules.SPECIAL.get(path.rpartition(".")[2]))


def _is_part(path: str) -> bool:
    """Whether a key is part of a value that is described as a whole, such as an image or an annotation."""
    return any(_special(parent) is not None for parent in _parents(path))


def _parents(path: str) -> Iterator[str]:
    while "." in path:
        path = path.rpartition(".")[0]
        yield path


def _leaves(path: str, value: Any, said: dict[str, str]) -> Iterator[tuple[str, Any]]:
    inner = {key: f"{path}.{key}".strip(".") for key in value} if isinstance(value, dict) else {}
    if any(name in said for name in inner.values()):
        for key, name in inner.items():
            yield from _leaves(name, value[key], said)
    elif not path.endswith(".config"):
        yield path, value


def _resolved(property_: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in property_.items() if key not in {"title", "default", "format", "writeOnly"}}
    reference = kept.pop("$ref", "")
    return kept | _resolved(definitions[reference.rpartition("/")[2]], definitions) if reference else kept


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _rendered() -> dict[Path, str]:
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    values, said = yaml.safe_load(text), comments(text)
    readme = CHART / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(_BEGIN)
    after = rest.partition(_END)[2]
    return {
        CHART / "values.schema.json": json.dumps(schema(values, said), indent=2, ensure_ascii=False) + "\n",
        readme: before + _BEGIN + "\n" + table(values, said) + "\n" + _END + after,
    }


def main(arguments: list[str]) -> int:
    """Writes or checks; returns the exit status."""
    stale = [path for path, text in _rendered().items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            sys.stderr.write(f"{path.relative_to(CHART.parent)} is not what values.yaml gives; run: make chart\n")
        return 1 if stale else 0
    for path, text in _rendered().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
