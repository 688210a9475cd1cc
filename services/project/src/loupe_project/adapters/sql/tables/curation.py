"""Selections with their picks, and what the newest curation runs found."""

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, String

from loupe_kit.sql import IdType
from loupe_project.adapters.sql.tables.base import (
    MICROSECONDS,
    PRINCIPAL,
    SHA256,
    STATE,
    VERSION,
    blob,
    image_id,
    make_table,
    project_id,
)

selections = make_table(
    "selections",
    Column("id", IdType, primary_key=True),
    project_id(),
    Column("display_name", String(100), nullable=False),
    Column("selector", blob(), nullable=False),
    Column("count", Integer, nullable=False),
    Column("strategy", STATE, nullable=False),
    Column("feature_source", String(150), nullable=False),
    Column("feature_version", VERSION, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("balance_by", String(110), nullable=False),
    Column("state", STATE, nullable=False),
    Column("failure", blob()),
    Column("candidate_count", Integer, nullable=False, default=0),
    Column("skipped_count", Integer, nullable=False, default=0),
    Column("labelled_count", Integer, nullable=False, default=0),
    Column("coverage", Double, nullable=False, default=0.0),
    Column("candidates_sha256", SHA256),
    Column("compute_seconds", Double, nullable=False, default=0.0),
    Column("creator", PRINCIPAL, nullable=False),
    Column("operation_id", IdType, nullable=False),
    Column("create_time", MICROSECONDS, nullable=False),
    Column("update_time", MICROSECONDS, nullable=False),
    Index("ix_selections_project", "project_id", "id"),
)

selection_picks = make_table(
    "selection_picks",
    Column("selection_id", IdType, ForeignKey("selections.id", ondelete="CASCADE"), primary_key=True),
    Column("rank", Integer, primary_key=True),
    image_id(),
    Column("represented_count", Integer, nullable=False),
    Column("margin", Double, nullable=False),
    Column("reason", String(300), nullable=False),
    Index("ix_selection_picks_image", "image_id"),
    with_rowid=False,
)

curation_runs = make_table(
    "curation_runs",
    Column("id", IdType, primary_key=True),
    project_id(),
    Column("kind", STATE, nullable=False),
    Column("selector", blob(), nullable=False),
    Column("reference", blob()),
    Column("feature_source", String(150), nullable=False),
    Column("feature_version", VERSION, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("state", STATE, nullable=False),
    Column("failure", blob()),
    Column("image_count", Integer, nullable=False, default=0),
    Column("skipped_count", Integer, nullable=False, default=0),
    Column("group_count", Integer, nullable=False, default=0),
    Column("duplicate_count", Integer, nullable=False, default=0),
    Column("median_distance", Double, nullable=False, default=0.0),
    Column("neighbors", Integer, nullable=False, default=0),
    Column("threshold", Double, nullable=False, default=0.0),
    Column("compute_seconds", Double, nullable=False, default=0.0),
    Column("creator", PRINCIPAL, nullable=False),
    Column("operation_id", IdType, nullable=False),
    Column("create_time", MICROSECONDS, nullable=False),
    Column("update_time", MICROSECONDS, nullable=False),
    Index("ix_curation_runs_project", "project_id", "id"),
)

outlier_scores = make_table(
    "outlier_scores",
    # Of the newest run that scored the project: an image has one score.
    image_id(primary_key=True),
    Column("project_id", IdType, nullable=False),
    Column("run_id", IdType, ForeignKey("curation_runs.id", ondelete="CASCADE"), nullable=False),
    Column("score", Double, nullable=False),
    Column("mean_distance", Double, nullable=False),
    Column("nearest_image_id", IdType, nullable=False),
    Index("ix_outlier_scores_score", "project_id", "score", "image_id"),
    Index("ix_outlier_scores_run", "run_id", "score", "image_id"),
    with_rowid=False,
)

duplicates = make_table(
    "duplicates",
    # Copies that the newest run found; who is kept stands beside each of them and has no row of its own.
    image_id(primary_key=True),
    Column("project_id", IdType, nullable=False),
    Column("run_id", IdType, ForeignKey("curation_runs.id", ondelete="CASCADE"), nullable=False),
    Column("keeper_id", IdType, ForeignKey("images.id", ondelete="CASCADE"), nullable=False),
    Column("is_exact", Boolean, nullable=False),
    Column("difference", Double, nullable=False),
    Index("ix_duplicates_project", "project_id", "is_exact"),
    Index("ix_duplicates_run", "run_id"),
    Index("ix_duplicates_keeper", "keeper_id"),
    with_rowid=False,
)
