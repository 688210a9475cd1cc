"""Carries out a job on the vectors of a spool."""

from __future__ import annotations

from loupe_reduction.algorithms.duplicates import find_duplicates
from loupe_reduction.algorithms.neighbours import BuildIndex, build_cells
from loupe_reduction.algorithms.outliers import score_outliers
from loupe_reduction.algorithms.placing import place
from loupe_reduction.algorithms.projection import project
from loupe_reduction.algorithms.scaling import tamed
from loupe_reduction.algorithms.selection import select_images
from loupe_reduction.algorithms.vectors import StoredVectors
from loupe_reduction.domain import reducers
from loupe_reduction.domain.jobs import (
    DuplicateJob,
    FitJob,
    Job,
    OutlierJob,
    PlaceJob,
    Placement,
    Result,
    SpooledFeatures,
    TeachJob,
)
from loupe_reduction.domain.progress import Phase, PhaseReporter, Report


def carry_out(
    job: Job, features: SpooledFeatures, *, threads: int, report: Report, build: BuildIndex = build_cells
) -> Result:
    """Does one piece of work.

    Args:
        job: what to do.
        features: what to do it with.
        threads: threads to use, at least 1.
        report: told how far the work is.
        build: makes the indices in which maps search neighbours.

    Raises:
        FeaturesAllEqual: a map of equal vectors was asked for.
        ReducerInvalid: what images shall be placed with is no reducer.
        DimensionMismatch: they shall be placed by vectors of another length.
    """
    stored = StoredVectors(features)
    if isinstance(job, FitJob):
        return project(stored, job.recipe, threads=threads, report=report, early=job.early, build=build)
    if isinstance(job, PlaceJob):
        tell = PhaseReporter(report, {Phase.PLACING: 1.0}).within(Phase.PLACING)
        reducer = reducers.from_bytes(job.reducer)
        return Placement(place(stored, reducer, threads=threads, progress=tell, build=build))
    values = stored[:]
    if isinstance(job, TeachJob):
        # Loaded here, for its own work alone: scikit-learn takes a second to import.
        from loupe_reduction.algorithms.teaching import teach

        tell = PhaseReporter(report, {Phase.TEACHING: 1.0}).within(Phase.TEACHING)
        return teach(values, job, threads=threads, progress=tell)
    values, _ = tamed(values)
    tell = PhaseReporter(report, {Phase.CURATION: 1.0}).within(Phase.CURATION)
    if isinstance(job, OutlierJob):
        return score_outliers(
            values, job.neighbours, reference=job.reference, seed=job.seed, threads=threads, progress=tell
        )
    if isinstance(job, DuplicateJob):
        return find_duplicates(
            values,
            percentile=job.percentile,
            max_distance=job.max_distance,
            seed=job.seed,
            threads=threads,
            progress=tell,
        )
    return select_images(values, job, threads=threads, progress=tell)
