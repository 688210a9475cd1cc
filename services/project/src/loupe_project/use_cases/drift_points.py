"""What points of a watch are called, and which images they stand for."""

from loupe_project.domain.drift_queries import of_group, of_upload
from loupe_project.domain.drift_watch import DriftPoint, DriftWatch


def place_of(watch: DriftWatch, point: DriftPoint) -> str:
    """How people call the images of a point: "2026-11-22", "2026-11-22, line L3"."""
    group = f", {watch.group_by} {point.group.value or '—'}" if watch.group_by else ""
    return f"{point.day.isoformat()}{group}"


def query_of(watch: DriftWatch, point: DriftPoint) -> str:
    """All images of a point."""
    arrived = of_upload(point.first_time, point.last_time)
    return f"{arrived} {of_group(watch.group_by, point.group.value)}".strip()
