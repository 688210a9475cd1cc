"""The main job, step by step, through the public doors: HTTP for a zip and the download, gRPC for the rest."""

import secrets
import tempfile
import time
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
from rich.progress import Progress, TaskID

from loupe_client import Client, Image, UploadBatch, UploadFile
from loupe_client._types import ExportContent, Method
from loupe_client.demo import solar_cells
from loupe_client.demo.target import Target

_SEED = 7
_MODEL = "models/efficientnet-lite0"
_QUERIES = (
    "",
    "is:analysed",
    "line:L1 OR line:L2",
    "truth:defective line:L3 NOT camera:cam1",
    "(truth:defective OR truth:probably-defective) -tag:look-again",
    "meta.exposure_ms:19..21 has:truth",
    "conf<0.2",
    "라인:L1 제외 truth:ok",
    "tag:line-pc",
)
_FEATURE_SET = "histogram"
_LINE_PC = "line-pc"
_LOOK_AGAIN = "look-again"
_MAPS: tuple[tuple[Method, int, str], ...] = (
    ("PCA", 2, ""),
    ("UMAP", 2, ""),
    ("UMAP", 3, ""),
    ("TSNE", 2, ""),
    ("PCA", 2, f"featureSets/{_FEATURE_SET}"),
)
_CONTENTS: tuple[ExportContent, ...] = (
    "IMAGES", "CSV", "JSONL", "PARQUET", "COCO", "YOLO", "FEATURES", "MAPS"
)  # fmt: skip


@dataclass
class Report:
    """What was done; the demonstration's last line."""

    images: int = 0
    analysed: int = 0
    failed: int = 0
    feature_dim: int = 0
    tags: int = 0
    searches: list[dict[str, Any]] = field(default_factory=list)
    maps: list[dict[str, Any]] = field(default_factory=list)
    export_bytes: int = 0
    images_per_s: float = 0.0
    """From the first byte sent until the last image was analysed."""
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Returns it ready for JSON."""
        return asdict(self)


class DemoFailed(Exception):
    """A step did something else than it should."""


class MainJob:
    """Does the main job against a running Loupe.

    Args:
        server: Where.
        progress: Shows how far it is.
        count: How many images.
    """

    def __init__(self, server: Target, progress: Progress, count: int) -> None:
        self._server = server
        self._progress = progress
        self._count = count
        self._report = Report()
        # Another one each time: a Loupe that runs knows the last one already.
        self._email = f"ada-{secrets.token_hex(4)}@plant.example"
        self._password = secrets.token_urlsafe(16)

    def run(self) -> Report:
        """Does all of it.

        Raises:
            ApiError: a step was refused.
            DemoFailed: a step did something else than it should.
        """
        begun = time.perf_counter()
        with Client(self._server.grpc) as loupe, httpx.Client(base_url=self._server.http, timeout=600.0) as http:
            self._sign_up(loupe, http)
            project = self._create_project(loupe)
            self._upload(loupe, http, project)
            self._tag(loupe, project)
            self._search(loupe, project)
            self._draw(loupe, project)
            self._forget(loupe, project)
            self._export(loupe, http, project)
        self._report.seconds = round(time.perf_counter() - begun, 2)
        return self._report

    def _sign_up(self, loupe: Client, http: httpx.Client) -> None:
        with self._step("Sign up, verify the mailbox, sign in"):
            verification = loupe.sign_up(self._email, self._password, "Ada of the demo")
            loupe.verify_email(verification, self._server.mailed_code(self._email))
            loupe.sign_in(self._email, self._password)
            credentials = {"email": self._email, "password": self._password}
            http.post("/v1/account:signIn", json=credentials).raise_for_status()

    def _create_project(self, loupe: Client) -> str:
        with self._step("Create a project"):
            model = next(model for model in loupe.models() if model.name == _MODEL)
            self._report.feature_dim = model.feature_dimension
            return loupe.create_project("Solar cells", model.name, time_zone="Asia/Seoul").name

    def _upload(self, loupe: Client, http: httpx.Client, project: str) -> None:
        cells = solar_cells.load(self._count, _SEED)
        # Four of five come as a zip through the web door, the rest one by one as a camera's program sends them.
        zipped, streamed = cells[len(cells) // 5 :], cells[: len(cells) // 5]
        with tempfile.TemporaryDirectory() as folder:
            archive, features = Path(folder) / "cells.zip", Path(folder) / "histograms.npy"
            with self._step("Pack images into a zip, as a factory PC does"):
                solar_cells.write_zip(zipped, archive, _SEED)
            with self._step("Compute features elsewhere"):
                solar_cells.write_histograms(cells, features)
            begun = time.perf_counter()
            with self._step("Upload the zip over HTTP"), archive.open("rb") as file:
                answer = http.post(f"/v1/{project}/uploadBatches:upload", files={"file": ("cells.zip", file)})
                answer.raise_for_status()
            with self._step("Stream the other images over gRPC"):
                stream = self._send(loupe, project, solar_cells.uploads(streamed, _SEED, _LINE_PC))
            batches = [answer.json()["batch"]["name"], stream.name]
            self._watch(loupe, batches)
            seconds = time.perf_counter() - begun
            with self._step("Upload the features over gRPC"):
                given = self._send(loupe, project, [features], _FEATURE_SET)
                _require(given.feature_count == len(cells), f"each image gets its feature, but {given}")
        refused = [one.message for name in batches for one in loupe.uploads.notices(name) if one.is_error]
        _require(not refused, f"nothing is refused, but: {refused}")
        counts = loupe.project(project)
        self._report.images, self._report.analysed = counts.image_count, counts.analysed_count
        self._report.failed = counts.failed_count
        self._report.images_per_s = round(counts.image_count / seconds, 2)

    def _send(
        self, loupe: Client, project: str, files: list[UploadFile] | list[Path], feature_set: str = ""
    ) -> UploadBatch:
        last: UploadBatch | None = None
        for answer in loupe.uploads.send(project, files, feature_set=feature_set):
            if isinstance(answer, UploadBatch):
                last = answer
            else:
                _require(not answer.failure, f"{answer.file_name} is taken, but: {answer.failure}")
        if last is None:
            raise DemoFailed("The upload ended without its batch.")
        return last

    def _watch(self, loupe: Client, batches: list[str]) -> None:
        task = self._progress.add_task("Each image is analysed by itself", total=self._count)
        done = dict.fromkeys(batches, 0)
        for batch in batches:
            for state in loupe.uploads.watch(batch):
                done[batch] = state.analysed_count + state.failed_count
                self._progress.update(task, completed=sum(done.values()))

    def _tag(self, loupe: Client, project: str) -> None:
        with self._step("Tag the doubtful ones, untag those of one line"):
            doubtful = "truth:probably-defective"
            loupe.images.modify_tags(project, doubtful, add=[_LOOK_AGAIN]).result()
            loupe.images.modify_tags(project, f"{doubtful} line:L1", remove=[_LOOK_AGAIN]).result()
            tags = list(loupe.images.tags(project))
            self._report.tags = len(tags)
            people = {tag.display_name: tag.image_count for tag in tags if not tag.is_automatic}
            left = loupe.images.count(project, f"{doubtful} NOT line:L1")
            expected = {_LINE_PC: self._count // 5, _LOOK_AGAIN: left}
            _require(people == expected, f"people's tags are {expected}, but: {people}")

    def _search(self, loupe: Client, project: str) -> None:
        with self._step("Search"):
            for query in _QUERIES:
                self._report.searches.append({"query": query, "hits": loupe.images.count(project, query)})
            first: Image = next(iter(loupe.images.search(project, "is:analysed")))
            _require(bool(first.predictions), "an analysed image has a prediction")

    def _draw(self, loupe: Client, project: str) -> None:
        for method, dimensions, source in _MAPS:
            text = f"Draw a map: {method}, {dimensions}-D" + (", of the features from elsewhere" if source else "")
            task = self._progress.add_task(text, total=1.0)
            begun = time.perf_counter()
            operation = loupe.analyses.create(
                project, "is:analysed", method, dimensions=dimensions, feature_source=source
            )
            for state in operation.progress():
                self._progress.update(task, completed=state.fraction)
            analysis = operation.result()
            seconds = time.perf_counter() - begun
            self._progress.update(task, completed=1.0)
            drawn = loupe.analyses.coordinates(analysis.name)
            _require(len(drawn.image_ids) == self._report.analysed, "every analysed image has its point")
            self._report.maps.append(
                {
                    "method": method,
                    "dims": len(drawn.columns),
                    "points": analysis.point_count,
                    "seconds": round(seconds, 2),
                }
            )

    def _forget(self, loupe: Client, project: str) -> None:
        with self._step("Delete a map from the history"):
            drawn = [analysis.name for analysis in loupe.analyses.list(project)]
            loupe.analyses.delete(drawn[-1])
            kept = [analysis.name for analysis in loupe.analyses.list(project)]
            _require(kept == drawn[:-1], "the other maps stay")

    def _export(self, loupe: Client, http: httpx.Client, project: str) -> None:
        task = self._progress.add_task("Gather everything into a zip", total=1.0)
        operation = loupe.exports.create(project, "", _CONTENTS)
        for state in operation.progress():
            self._progress.update(task, completed=state.fraction)
        export = operation.result()
        self._progress.update(task, completed=1.0)
        with tempfile.TemporaryFile() as file:
            with self._step("Download it over HTTP"), http.stream("GET", f"/v1/{export.name}:download") as answer:
                answer.raise_for_status()
                for chunk in answer.iter_bytes():
                    file.write(chunk)
            self._report.export_bytes = file.tell()
            _require(self._report.export_bytes == export.size_bytes, "the download is whole")
            with zipfile.ZipFile(file) as archive:
                names = archive.namelist()
                images = sum(name.startswith("images/") for name in names)
                _require(images == self._report.images, "every image is in the zip")
                _require(f"features/{_FEATURE_SET}.npy" in names, "the features from elsewhere are in the zip")

    def _step(self, text: str) -> "_Step":
        return _Step(self._progress, text)


def _require(is_so: bool, text: str) -> None:
    if not is_so:
        raise DemoFailed(f"The demonstration expects that {text}.")


class _Step:
    """A step that is shown as begun and done."""

    def __init__(self, progress: Progress, text: str) -> None:
        self._progress = progress
        self._task: TaskID = progress.add_task(text, total=None)

    def __enter__(self) -> None:
        """Begins."""

    def __exit__(self, *_: object) -> None:
        """Is done."""
        self._progress.update(self._task, total=1, completed=1)
