"""The zip file of an export, written straight to disk."""

import asyncio
import csv
import tempfile
import zipfile
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from loupe_project.adapters.export import coco, tables, voc, yolo
from loupe_project.adapters.export.features import FeatureFiles
from loupe_project.adapters.export.labels import LabelTable
from loupe_project.adapters.export.rows import row_of
from loupe_project.domain.analysis import UPLOADED
from loupe_project.domain.export import Content
from loupe_project.domain.export_names import UniqueNames, safe_path, stem
from loupe_project.domain.image import FeatureSource, ImageDetails
from loupe_project.domain.split import Part
from loupe_project.domain.spreadsheet import guarded

_TABLES = frozenset({Content.CSV, Content.JSONL, Content.PARQUET})


@asynccontextmanager
async def zip_builder(
    contents: Collection[Content], parts: Mapping[str, Part] | None = None, *, folder: Path | None = None
) -> AsyncIterator["ZipExportBuilder"]:
    """See `ports.export.ExportBuilders`.

    Args:
        contents: What goes in.
        parts: Of a split: the part of each image by id.
        folder: Where the temporary files are; the system's own place by default.
    """
    with tempfile.TemporaryDirectory(prefix="loupe-export-", dir=folder, ignore_cleanup_errors=True) as work:
        builder = ZipExportBuilder(Path(work), frozenset(contents), parts)
        try:
            yield builder
        finally:
            await asyncio.to_thread(builder.abandon)


class ZipExportBuilder:
    """See `ports.export.ExportBuilder`. The same images in the same order make the same file."""

    def __init__(self, folder: Path, contents: frozenset[Content], parts: Mapping[str, Part] | None) -> None:
        self._folder = folder
        self._contents = contents
        self._part_of = parts or {}
        self._parts = sorted(set(self._part_of.values()), key=list(Part).index)
        self._path = folder / "export.zip"
        self._zip = zipfile.ZipFile(self._path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        # Images are called by their resource names in all files, so that tables, features and maps can be joined.
        self._names = UniqueNames()
        self._file_names = UniqueNames()
        self._class_names = UniqueNames()
        self._class_paths: dict[str, str] = {}
        self._paths: dict[str, tuple[str, str]] = {}
        self._parent = ""
        self._classes = coco.Classes()
        # Trainers make an output for each name of data.yaml: classes without boxes are none of theirs.
        self._box_classes = coco.Classes()
        self._spool = tables.RowSpool(folder / "images.jsonl") if contents & _TABLES else None
        self._coco = self._coco_files()
        self._labels = LabelTable(folder / "labels.csv") if Content.LABELS in contents else None
        self._features: dict[FeatureSource, FeatureFiles] = {}

    def _coco_files(self) -> dict[Part | None, list[coco.CocoFile]]:
        """A file of labels and one of predictions, for each part of a split."""
        listed: tuple[dict[int, str], dict[int, str]] = ({}, {})
        files: dict[Part | None, list[coco.CocoFile]] = {}
        for part in self._parts or (None,):
            start = f"{part.value}_" if part else ""
            files[part] = [
                coco.CocoFile(self._folder, f"{start}{kind}", self._classes, categories)
                for kind, categories in zip(("labels", "predictions"), listed, strict=True)
            ]
        return files

    async def add_images(self, images: Sequence[ImageDetails]) -> None:
        """See the port."""
        await asyncio.to_thread(self._add_images, images)

    def _add_images(self, images: Sequence[ImageDetails]) -> None:
        # Only the last page is looked up by id: files and features of a page come before the next one.
        self._paths = {one.image.id: (self._placed(one), one.image.file_name) for one in images}
        if Content.IMAGE_FOLDER in self._contents:
            self._class_paths = {one.image.id: self._class_path(one) for one in images if one.image.truth is not None}
        for one in images:
            self._parent = f"projects/{one.image.project_id}/images/"
            path = self._paths[one.image.id][0]
            if Content.COCO in self._contents:
                labels, predictions = self._coco[self._part_of.get(one.image.id)]
                labels.add(one, path, coco.truth_annotations(one))
                predictions.add(one, path, coco.predicted_annotations(one))
            if Content.YOLO in self._contents:
                self._add_yolo(one, path)
            if Content.VOC in self._contents:
                self._add_voc(one, path)
        if self._labels is not None:
            self._labels.add(images)
        if self._spool is not None:
            self._spool.write(
                [
                    row_of(one, f"images/{self._paths[one.image.id][0]}", self._part_of.get(one.image.id))
                    for one in images
                ]
            )

    def _placed(self, details: ImageDetails) -> str:
        """The path of an image: in the folder of its part."""
        path, part = self._names.take(details.image.file_name), self._part_of.get(details.image.id)
        return f"{part.value}/{path}" if part else path

    def _class_path(self, details: ImageDetails) -> str:
        # Folders of the sender would be taken for classes; a class is one folder, whatever its name holds.
        name = details.image.file_name.replace("\\", "/").rpartition("/")[2]
        part = self._part_of.get(details.image.id)
        label = safe_path((details.image.truth or "").replace("/", "_").replace("\\", "_"))
        return self._class_names.take("/".join([*([part.value] if part else []), label, name]))

    def _add_yolo(self, details: ImageDetails, path: str) -> None:
        name = stem(path)
        self._write_text(f"yolo/labels/{name}.txt", yolo.truth_lines(details, self._box_classes))
        predicted = yolo.predicted_lines(details, self._box_classes)
        if predicted is not None:
            self._write_text(f"yolo/predictions/{name}.txt", predicted)

    def _add_voc(self, details: ImageDetails, path: str) -> None:
        name = stem(path)
        self._write_text(f"voc/Annotations/{name}.xml", voc.truth_xml(details, path))
        predicted = voc.predicted_xml(details, path)
        if predicted is not None:
            self._write_text(f"voc/predictions/{name}.xml", predicted)

    async def add_file(self, image_id: str, data: AsyncIterator[bytes], size_bytes: int) -> None:
        """See the port."""
        await self._copy(f"images/{self._paths[image_id][0]}", data, size_bytes)

    async def add_class_file(self, image_id: str, data: AsyncIterator[bytes], size_bytes: int) -> None:
        """See the port."""
        await self._copy(f"imagefolder/{self._class_paths[image_id]}", data, size_bytes)

    async def _copy(self, path: str, data: AsyncIterator[bytes], size_bytes: int) -> None:
        info = _entry(path, zipfile.ZIP_STORED)
        info.file_size = size_bytes
        with self._zip.open(info, "w") as entry:
            async for piece in data:
                await asyncio.to_thread(entry.write, piece)

    async def add_features(self, source: FeatureSource, image_ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """See the port."""
        files = self._features.get(source)
        if files is None:
            name = source.version if source.model == UPLOADED else f"{source.model}@{source.version}"
            files = FeatureFiles(self._folder, self._file_names.take(f"features/{safe_path(name)}").rpartition("/")[2])
            self._features[source] = files
        file_names = [self._paths[one][1] for one in image_ids]
        names = [self._parent + one for one in image_ids]
        await asyncio.to_thread(files.add, names, file_names, vectors)

    async def add_map(
        self, name: str, image_ids: Sequence[str], file_names: Sequence[str], points: NDArray[np.float32]
    ) -> None:
        """See the port."""
        path = self._file_names.take(f"maps/{safe_path(name).replace('/', '_')}.csv")
        await asyncio.to_thread(self._add_map, path, image_ids, file_names, points)

    def _add_map(
        self, path: str, image_ids: Sequence[str], file_names: Sequence[str], points: NDArray[np.float32]
    ) -> None:
        target = self._folder / "map.csv"
        with target.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, lineterminator="\r\n")
            writer.writerow(["file_name", "loupe.image", *("x", "y", "z")[: points.shape[1]]])
            for image_id, file_name, point in zip(image_ids, file_names, points.tolist(), strict=True):
                writer.writerow([guarded(file_name), self._parent + image_id, *(f"{value:.7g}" for value in point)])
        self._write_file(path, target)

    async def finish(self) -> Path:
        """See the port."""
        await asyncio.to_thread(self._finish)
        return self._path

    def _finish(self) -> None:
        if self._spool is not None:
            self._write_tables(self._spool)
        for file in chain(*self._coco.values()):
            file.close()
            if Content.COCO in self._contents:
                self._write_file(f"coco/{file.path.name}", file.path)
        if self._labels is not None:
            self._labels.close()
            self._write_file("labels.csv", self._labels.path)
        if Content.YOLO in self._contents:
            self._write_text("yolo/data.yaml", yolo.data_yaml(self._box_classes, self._parts))
        for files in self._features.values():
            files.close()
            self._write_file(f"features/{files.stem}.npy", files.npy_path)
            self._write_file(f"features/{files.stem}.parquet", files.parquet_path)
        self._zip.close()

    def _write_tables(self, spool: tables.RowSpool) -> None:
        spool.close()
        for content, write in ((Content.CSV, tables.write_csv), (Content.PARQUET, tables.write_parquet)):
            if content in self._contents:
                path = self._folder / f"images.{content.value.lower()}"
                write(spool, path)
                self._write_file(path.name, path)
        if Content.JSONL in self._contents:
            self._write_file("images.jsonl", spool.path)

    def abandon(self) -> None:
        """Close what is open; the folder goes next."""
        if self._spool is not None:
            self._spool.close()
        for file in chain(*self._coco.values()):
            file.abandon()
        if self._labels is not None:
            self._labels.close()
        for files in self._features.values():
            files.close()
        self._zip.close()

    def _write_text(self, path: str, text: str) -> None:
        self._zip.writestr(_entry(path, zipfile.ZIP_DEFLATED), text.encode())

    def _write_file(self, path: str, source: Path) -> None:
        info = _entry(path, zipfile.ZIP_DEFLATED)
        info.file_size = source.stat().st_size
        with self._zip.open(info, "w") as entry, source.open("rb") as file:
            while piece := file.read(1 << 20):
                entry.write(piece)
        source.unlink()


def _entry(path: str, compression: int) -> zipfile.ZipInfo:
    """An entry that says nothing about when and where it was written."""
    info = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
    info.compress_type = compression
    info.external_attr = 0o644 << 16
    return info
