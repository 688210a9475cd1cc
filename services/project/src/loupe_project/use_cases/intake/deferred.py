"""Tables and feature files wait until the images of their upload are in, then they are applied: tables first."""

from dataclasses import dataclass

from loupe_project.domain.intake import names
from loupe_project.domain.intake.errors import FileTypeUnknown
from loupe_project.domain.intake.kinds import FileKind, is_sidecar, sniff
from loupe_project.ports.intake import Spooled
from loupe_project.use_cases.intake.apply_features import FeatureApplier
from loupe_project.use_cases.intake.apply_tables import TableApplier
from loupe_project.use_cases.intake.context import Tools
from loupe_project.use_cases.intake.findings import Findings


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that is applied at the end."""

    file_name: str
    shown: str
    kind: FileKind
    """UNKNOWN: a text that may be the list of names of a .npy file."""
    spooled: Spooled


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a file that waited."""

    file: Waiting
    findings: Findings


def waits(spooled: Spooled, file_name: str) -> FileKind | None:
    """The kind of a file that has to wait; None for all others."""
    kind = sniff(spooled.head, file_name)
    if kind in (FileKind.METADATA, FileKind.LABELS, FileKind.FEATURES):
        return kind
    return FileKind.UNKNOWN if is_sidecar(spooled.head, file_name) else None


def unknown_type(shown: str) -> FileTypeUnknown:
    """The error of a file that is nothing Loupe takes."""
    return FileTypeUnknown(
        f"{shown!r} is none of what is taken: PNG, JPEG, BMP, TIFF, WEBP, zip, metadata.csv or .jsonl, "
        "labels.csv or .jsonl, COCO JSON, .npy, Parquet.",
        file_name=shown,
    )


class DeferredFiles:
    """Files of one upload or archive that wait for its end."""

    def __init__(self, tools: Tools, tables: TableApplier, features: FeatureApplier) -> None:
        self._tools = tools
        self._tables = tables
        self._features = features
        self._files: list[Waiting] = []

    def add(self, file: Waiting) -> None:
        """Keep a file until the end."""
        self._files.append(file)

    def discard(self) -> None:
        """Forget those that were not applied."""
        for file in self._files:
            file.spooled.discard()
        self._files = []

    async def apply_next(self) -> Applied | None:
        """Apply the next file, metadata before labels before features; None when all are done."""
        self._files.sort(key=lambda file: _ORDER.index(file.kind))
        if not self._files:
            return None
        file = self._files[0]
        findings = await self._apply(file)
        self._files.remove(file)
        file.spooled.discard()
        return Applied(file, findings)

    async def _apply(self, file: Waiting) -> Findings:
        if file.kind in (FileKind.METADATA, FileKind.LABELS):
            return await self._tables.apply(file.spooled, file.file_name, file.shown, file.kind)
        if file.kind is FileKind.FEATURES:
            sidecar = self._sidecar_of(file)
            findings = await self._features.apply(
                file.spooled, file.file_name, file.shown, sidecar.spooled if sidecar else None
            )
            if sidecar is not None:
                self._files.remove(sidecar)
                sidecar.spooled.discard()
            return findings
        findings = Findings(1)
        findings.refuse(file.shown, unknown_type(file.shown))
        return findings

    def _sidecar_of(self, file: Waiting) -> Waiting | None:
        stem = names.stem(file.file_name)
        fitting = [one for one in self._files if one.kind is FileKind.UNKNOWN and names.stem(one.file_name) == stem]
        return fitting[0] if fitting else None


_ORDER = (FileKind.METADATA, FileKind.LABELS, FileKind.FEATURES, FileKind.UNKNOWN)
