"""Dockerfiles: what can be said without building. Everything that they copy is there and reaches the builder."""

from __future__ import annotations

import fnmatch
import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.chart.rendering import CHART, REPOSITORY

FILES = {
    "auth": "services/auth",
    "project": "services/project",
    "inference": "services/inference",
    "reduction": "services/reduction",
    "gateway": "gateway",
    "torchserve": "services/inference/torchserve",
}


def instructions(name: str) -> list[tuple[str, str]]:
    """Instructions of a Dockerfile, continued lines joined."""
    text = (REPOSITORY / FILES[name] / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n", " ", "\n".join(line for line in text.splitlines() if not line.startswith("#"))).splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]


def of(name: str, word: str) -> list[str]:
    return [rest for instruction, rest in instructions(name) if instruction == word]


def reaches_builder(path: str) -> bool:
    """Whether .dockerignore lets a path through: the last pattern that fits decides."""
    kept = True
    for pattern in (REPOSITORY / ".dockerignore").read_text().splitlines():
        if pattern and not pattern.startswith("#"):
            plain = pattern.removeprefix("!")
            parts = Path(path).parts
            parents = ["/".join(parts[: n + 1]) for n in range(len(parts))]
            fits = any(
                fnmatch.fnmatch(parent, plain)
                or (plain.startswith("**/") and fnmatch.fnmatch(Path(parent).name, plain.removeprefix("**/")))
                for parent in parents
            )
            kept = pattern.startswith("!") if fits else kept
    return kept


@pytest.mark.parametrize("name", FILES)
def test_dockerfile__copies_what_is_there(name: str) -> None:
    sources = [one.split()[0] for one in of(name, "COPY") if not one.startswith("--from")]

    assert "constraints.txt" in " ".join(of(name, "COPY"))
    for source in sources:
        assert (REPOSITORY / source).exists(), source
        assert reaches_builder(source), f"{source} is shut out by .dockerignore"


def test_dockerignore__shuts_out_what_was_installed_and_kept() -> None:
    for path in (
        ".venv/bin/python",
        "data/auth.db",
        ".git/HEAD",
        "gateway/web/node_modules/react/index.js",
        "tests/x.py",
    ):
        assert not reaches_builder(path), path
    assert reaches_builder("gateway/web/src/main.tsx")
    assert reaches_builder("services/auth/src/loupe_auth/migrations/env.py")


@pytest.mark.parametrize("name", FILES)
def test_dockerfile__runs_as_the_user_of_the_pods(name: str) -> None:
    assert of(name, "USER") == ["10001:10001"]
    last = [word for word, _ in instructions(name)]
    assert last.index("USER") > len(last) - 1 - last[::-1].index("COPY")


@pytest.mark.parametrize("name", FILES)
def test_dockerfile__has_stages_on_pinned_bases(name: str) -> None:
    bases = [one.split()[0] for one in of(name, "FROM")]

    assert len(bases) >= 2
    assert bases[-1] == "python:3.11-slim-bookworm"
    assert all(re.fullmatch(r"(python|node):[\w.-]*\d[\w.-]*", base) for base in bases)
    # Nothing of a compiler or a package manager's cache goes into the image.
    assert [one for one in of(name, "COPY") if one.startswith("--from")][-1] == "--from=build /opt/loupe /opt/loupe"


@pytest.mark.parametrize("name", FILES)
def test_dockerfile__installs_by_the_constraints_alone(name: str) -> None:
    for command in of(name, "RUN"):
        for install in re.findall(r"pip install [^&]+", command):
            assert "--constraint constraints.txt" in install


@pytest.mark.parametrize("name", FILES)
def test_dockerfile__torch_only_where_networks_or_gpus_compute(name: str) -> None:
    asks_for_torch = any(re.search(r"\btorch\b", command) for command in of(name, "RUN"))

    assert asks_for_torch == (name in {"inference", "reduction", "torchserve"})


@pytest.mark.parametrize("name", FILES)
def test_dockerfile__installs_the_service_it_starts(name: str) -> None:
    (entry,) = of(name, "ENTRYPOINT")
    module = json.loads(entry)[-1]
    project = tomllib.loads((REPOSITORY / FILES[name] / "pyproject.toml").read_text())["project"]["name"]

    assert project.replace("-", "_") == module
    assert any(f"./{FILES[name]}" in command for command in of(name, "RUN"))


@pytest.mark.parametrize("name", FILES)
def test_dockerfile__extras_exist(name: str) -> None:
    asked = re.findall(r"\./([\w/]+)\[([\w,]+)\]", " ".join(of(name, "RUN")))

    assert asked
    for folder, extras in asked:
        project = tomllib.loads((REPOSITORY / folder / "pyproject.toml").read_text())["project"]
        assert set(extras.split(",")) <= project["optional-dependencies"].keys(), folder


@pytest.mark.parametrize("name", FILES)
def test_dockerfile__is_labelled_and_says_how_it_is(name: str) -> None:
    labels = " ".join(of(name, "LABEL"))

    assert f'title="loupe-{name}"' in labels
    assert 'version="$VERSION"' in labels
    assert len(of(name, "HEALTHCHECK")) == 1


@pytest.mark.parametrize("name", FILES)
def test_chart__uses_the_image(name: str) -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())

    assert values[name]["image"]["repository"] == f"loupe/{name}"


def test_dockerfile__on_gpus_there_is_one_onnx_runtime_that_of_cuda() -> None:
    pins = set()
    for name in ("inference", "torchserve"):
        (swap,) = [one for one in of(name, "RUN") if "onnxruntime-gpu" in one]
        assert re.match(r'if \[ "\$DEVICE" = cuda \]; then\s+\S+/pip uninstall --yes onnxruntime\s+&& ', swap), name
        installed = [place for place, one in enumerate(of(name, "RUN")) if "./services/inference" in one]
        assert of(name, "RUN").index(swap) > installed[-1], name
        pins.add(next(one for one in of(name, "ARG") if one.startswith("ONNXRUNTIME_GPU=")))
    assert len(pins) == 1
