"""What making a selection and running a search have in common: waiting for reduction, and telling how it ended."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from loupe_kit.errors import Internal, LoupeError, Unavailable
from loupe_kit.status import to_status_proto
from loupe_project.domain.analysis import source_name
from loupe_project.domain.curation import MIN_IMAGES, CurationState
from loupe_project.domain.errors import FeaturesMissing, OperationCancelled, TooFewImages
from loupe_project.domain.image import FeatureSource
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.reduction import OnProgress
from loupe_project.ports.store import Store
from loupe_project.use_cases.cancelling import run_unless
from loupe_project.use_cases.operation_progress import LeaseLost

T = TypeVar("T")

DEFAULT_RETRIES = (timedelta(seconds=1), timedelta(seconds=4), timedelta(seconds=15))
"""Waits before the second and later tries while the reduction service does not answer."""

End = Callable[[CurationState, bytes], Awaitable[None]]
"""Takes how work ended, and a serialised google.rpc.Status of why it failed."""


async def run_to_end(work: Coroutine[Any, Any, T], cancelled: asyncio.Event, end: End) -> T:
    """Result of `work`; how it ended otherwise is told to `end`.

    Raises:
        OperationCancelled: If the event was set.
        LoupeError: Why it failed.
    """
    try:
        return await run_unless(cancelled, work)
    except OperationCancelled:
        await end(CurationState.CANCELLED, b"")
        raise
    except LoupeError as error:
        await end(CurationState.FAILED, _status(error))
        raise
    except LeaseLost:
        raise
    except Exception:
        await end(CurationState.FAILED, _status(Internal("The work failed for a fault of ours; tell your operator.")))
        raise


def _status(error: LoupeError) -> bytes:
    return to_status_proto(error).SerializeToString(deterministic=True)


async def patiently(
    ask: Callable[[OnProgress], Awaitable[T]], progress: ProgressSink, total: int, retries: Sequence[timedelta]
) -> T:
    """Answer of the reduction service, which may be away for a moment.

    Args:
        ask: Asks it.
        progress: Told how far it is.
        total: Images that it works on.
        retries: Waits before the second and later tries.

    Raises:
        Unavailable: If it stays away.
    """

    async def report(phase: str, fraction: float) -> None:
        await progress.report(phase=phase, fraction=fraction, done=round(fraction * total))

    for pause in retries:
        try:
            return await ask(report)
        except Unavailable:
            await progress.report(phase="waiting for the reduction service")
            await asyncio.sleep(pause.total_seconds())
    try:
        return await ask(report)
    except Unavailable as error:
        raise Unavailable(
            f"The reduction service did not answer {len(retries) + 1} times ({error.message}); "
            "start this again later, or tell your operator.",
            service="reduction",
        ) from error


async def count_usable(store: Store, project_id: str, source: FeatureSource, image_ids: Sequence[str]) -> int:
    """How many of the images have features.

    Raises:
        TooFewImages: If there are fewer than ten images.
        FeaturesMissing: If fewer than ten of them have features of the source.
    """
    if len(image_ids) < MIN_IMAGES:
        raise TooFewImages(
            f"{len(image_ids)} images are too few to compare them with each other; take {MIN_IMAGES} or more.",
            count=str(len(image_ids)),
            minimum=str(MIN_IMAGES),
        )
    count = await store.analyses.count_features(project_id, source, image_ids)
    if count < MIN_IMAGES:
        raise FeaturesMissing(
            f"{count} of the {len(image_ids)} images have features of {source_name(source)}, {MIN_IMAGES} are needed; "
            "wait until they are analysed, or choose another feature source.",
            feature_source=source_name(source),
            count=str(count),
        )
    return count
