"""Taking back what was done to metadata and capture times of images."""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from loupe_project.domain.history import Alteration, Change, metadata_value
from loupe_project.domain.image import MetadataValue
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store


class MetadataReverter:
    """See `ports.history.Reverter`."""

    async def put_back(self, store: Store, change: Change, alterations: Sequence[Alteration], now: datetime) -> int:
        """See `Reverter`."""
        image_ids = sorted({one.image_id for one in alterations})
        there = await store.metadata.values_under(image_ids, {one.subject for one in alterations})
        wanted: dict[str, dict[str, MetadataValue | None]] = defaultdict(dict)
        count = 0
        for one in alterations:
            value = there.get(one.image_id, {}).get(one.subject)
            if one.new != (None if value is None else metadata_value(value.key, value.value)):
                continue
            count += 1
            if one.old is None:
                wanted[one.image_id][one.subject] = None
            else:
                old = json.loads(one.old)
                wanted[one.image_id][old["key"]] = old["value"]
        _, too_many = await store.metadata.alter(change.id, change.project_id, wanted, now)
        return count - sum(len(wanted[one]) for one in too_many)


class CaptureTimeReverter:
    """See `ports.history.Reverter`."""

    async def put_back(self, store: Store, change: Change, alterations: Sequence[Alteration], now: datetime) -> int:
        """See `Reverter`."""
        wanted = {one.image_id: one for one in alterations}
        found = await store.images.details(Scope.of_loupe(), change.project_id, sorted(wanted))
        times = {
            one.image.id: _time(wanted[one.image.id].old)
            for one in found
            if one.image.capture_time == _time(wanted[one.image.id].new)
        }
        await store.metadata.alter_capture_times(change.id, change.project_id, times, now)
        return len(times)


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(json.loads(text))
