"""All tables of the project service.

Statements are written with Core tables rather than mapped classes: rows come and go in bulk. Facts of images that
are searched by value carry `project_id` as well, so that an index can begin with it. Columns that end in `_folded`
hold text as search compares it (`domain.text.fold`). Deleting a project or an image deletes all that hangs on it.
"""

from loupe_project.adapters.sql.tables.base import Base, Ledger
from loupe_project.adapters.sql.tables.curation import (
    curation_runs,
    duplicates,
    outlier_scores,
    selection_picks,
    selections,
)
from loupe_project.adapters.sql.tables.drift import drift_alerts, drift_points, drift_watches
from loupe_project.adapters.sql.tables.heads import head_tasks, heads
from loupe_project.adapters.sql.tables.history import changes, image_history
from loupe_project.adapters.sql.tables.image_sets import image_set_parts, image_sets
from loupe_project.adapters.sql.tables.images import (
    analysis_jobs,
    image_features,
    image_metadata,
    image_tags,
    images,
    labels,
    prediction_boxes,
    predictions,
    project_members,
    projects,
    removals,
    tags,
)
from loupe_project.adapters.sql.tables.maps import placed_points, placement_tasks
from loupe_project.adapters.sql.tables.reviews import image_reviews, review_leases, review_skips
from loupe_project.adapters.sql.tables.rights import audit_outbox, image_readers, narrowed_images
from loupe_project.adapters.sql.tables.search import image_changes, search_versions
from loupe_project.adapters.sql.tables.searches import saved_search_counts, saved_search_looks, saved_searches
from loupe_project.adapters.sql.tables.splits import split_images, splits
from loupe_project.adapters.sql.tables.trash import shared_objects, trashed_images
from loupe_project.adapters.sql.tables.work import (
    analyses,
    exports,
    operation_request_parts,
    operations,
    upload_batches,
    upload_files,
    upload_notices,
)

__all__ = [
    "Base",
    "Ledger",
    "analyses",
    "analysis_jobs",
    "audit_outbox",
    "changes",
    "curation_runs",
    "drift_alerts",
    "drift_points",
    "drift_watches",
    "duplicates",
    "exports",
    "head_tasks",
    "heads",
    "image_changes",
    "image_features",
    "image_history",
    "image_metadata",
    "image_readers",
    "image_reviews",
    "image_set_parts",
    "image_sets",
    "image_tags",
    "images",
    "labels",
    "narrowed_images",
    "operation_request_parts",
    "operations",
    "outlier_scores",
    "placed_points",
    "placement_tasks",
    "prediction_boxes",
    "predictions",
    "project_members",
    "projects",
    "removals",
    "review_leases",
    "review_skips",
    "saved_search_counts",
    "saved_search_looks",
    "saved_searches",
    "search_versions",
    "selection_picks",
    "selections",
    "shared_objects",
    "split_images",
    "splits",
    "tags",
    "trashed_images",
    "upload_batches",
    "upload_files",
    "upload_notices",
]
