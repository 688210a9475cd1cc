"""Sends the vectors of a feature file to inference, each with the image that it belongs to."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from loupe_kit import ids
from loupe_project.domain.intake import names
from loupe_project.domain.intake.errors import (
    FeatureDimensionMismatch,
    FeatureFileInvalid,
    FeatureNotFinite,
    FileNameInvalid,
    TableFileUnknown,
)
from loupe_project.domain.intake.features import VectorBlock
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Scope
from loupe_project.domain.upload_batch import UploadBatch
from loupe_project.ports.intake import Spooled
from loupe_project.ports.store import Store
from loupe_project.use_cases.intake.context import Tools
from loupe_project.use_cases.intake.findings import Findings

UPLOADED = "uploaded"
"""Model under which inference keeps vectors that were computed elsewhere; the feature set is its version."""

FeatureReader = Callable[[Spooled, str, Spooled | None], Iterator[VectorBlock]]
"""Reads a feature file with its sidecar: an adapter, because some forms need a large library."""


class FeatureApplier:
    """Applies feature files to the images of one batch."""

    def __init__(self, tools: Tools, read: FeatureReader, project: Project, batch: UploadBatch) -> None:
        self._tools = tools
        self._read = read
        self._project = project
        self._batch = batch

    async def apply(self, spooled: Spooled, file_name: str, shown: str, sidecar: Spooled | None) -> Findings:
        """Send a file's vectors block by block; bad ones are refused row by row."""
        findings = Findings(self._tools.limits.notices_per_file)
        blocks = self._read(spooled, file_name, sidecar)
        try:
            while some := await self._tools.next_of(blocks, 1):
                await self._apply_block(some[0], shown, findings)
        except FeatureFileInvalid as error:
            findings.refuse(shown, error)
        return findings

    async def _apply_block(self, block: VectorBlock, shown: str, findings: Findings) -> None:
        async with self._tools.uow_factory(read_only=True) as store:
            image_of = await self._images(store, block.references)
        finite: list[bool] = np.all(np.isfinite(block.values), axis=1).tolist()
        rows: list[tuple[int, str]] = []
        for index, reference in enumerate(block.references):
            row, image_id = block.first_row + index, image_of.get(reference)
            if image_id is None:
                findings.refuse(shown, _unknown(shown, row, reference), row)
            elif not finite[index]:
                findings.refuse(shown, _not_finite(shown, row, reference), row)
            else:
                rows.append((index, image_id))
        if rows:
            await self._put(block, rows, shown, findings)

    async def _put(self, block: VectorBlock, rows: Sequence[tuple[int, str]], shown: str, findings: Findings) -> None:
        # The same image twice in a block: the last vector counts, as it would in two blocks.
        index_of = {image_id: index for index, image_id in rows}
        image_ids = list(index_of)
        values = block.values[list(index_of.values())]
        stored = await self._tools.features.put(self._project.id, self._batch.feature_set, image_ids, values)
        kept = [one for one in image_ids if one not in stored.rejected]
        async with self._tools.uow_factory() as store:
            here = await store.images.existing(Scope.of_loupe(), self._project.id, kept)
            await store.batches.add_features(
                self._project.id, sorted(here), UPLOADED, self._batch.feature_set, stored.dimension
            )
            gone = [one for one in kept if one not in here]
            await store.removals.add_gone(self._project.id, gone, self._tools.clock.now())
            await store.commit()
        findings.count(features=len(kept))
        for image_id, error in stored.rejected.items():
            row = block.first_row + index_of[image_id]
            refusal = error
            if error.reason == FeatureDimensionMismatch.reason:
                refusal = _wrong_length(shown, row, stored.dimension, block.values.shape[1])
            findings.refuse(shown, refusal, row)

    async def _images(self, store: Store, references: Sequence[str]) -> dict[str, str]:
        """Image id by reference: an id or the image's resource name, before a file name."""
        prefix = f"projects/{self._project.id}/images/"
        tails = {one: one.removeprefix(prefix) for one in references}
        by_id = {one: tail.lower() for one, tail in tails.items() if _is_id(tail)}
        here = await store.images.existing(Scope.of_loupe(), self._project.id, sorted(set(by_id.values())))
        found = {reference: image_id for reference, image_id in by_id.items() if image_id in here}
        by_name = {one: _clean(one) for one in references if one not in found}
        resolved = await store.batches.resolve_files(self._batch.id, self._project.id, sorted(set(by_name.values())))
        found.update({one: resolved.image_ids[name] for one, name in by_name.items() if name in resolved.image_ids})
        return found


def _is_id(text: str) -> bool:
    try:
        ids.parse_id(text)
    except ids.IdInvalid:
        return False
    return True


def _clean(name: str) -> str:
    try:
        return names.clean_file_name(name)
    except FileNameInvalid:
        return names.printable(name)


def _unknown(shown: str, row: int, reference: str) -> TableFileUnknown:
    target = names.printable(reference)
    return TableFileUnknown(
        f"Vector {row} of {shown!r}: {target!r} is no image of this upload or project, or fits several.",
        file_name=shown,
        row=str(row),
        target=target,
    )


def _not_finite(shown: str, row: int, reference: str) -> FeatureNotFinite:
    target = names.printable(reference)
    return FeatureNotFinite(
        f"Vector {row} of {shown!r}, of {target!r}, holds NaN or infinity.",
        file_name=shown,
        row=str(row),
        target=target,
    )


def _wrong_length(shown: str, row: int, expected: int, given: int) -> FeatureDimensionMismatch:
    return FeatureDimensionMismatch(
        f"Vector {row} of {shown!r} has {given} numbers, its set has {expected}; name another feature_set.",
        file_name=shown,
        row=str(row),
        expected=str(expected),
        given=str(given),
    )
