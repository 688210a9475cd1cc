"""Projects, images and what is known of them, and the analyses that are promised."""

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, Integer, String, Text, UniqueConstraint

from loupe_kit.sql import IdType
from loupe_project.adapters.sql.tables.base import (
    LABEL,
    MICROSECONDS,
    MODEL,
    PRINCIPAL,
    SHA256,
    STATE,
    VERSION,
    Single,
    blob,
    image_id,
    make_table,
    project_id,
)

projects = make_table(
    "projects",
    Column("id", IdType, primary_key=True),
    Column("display_name", String(100), nullable=False),
    Column("display_name_folded", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("model", MODEL, nullable=False),
    Column("model_version", VERSION, nullable=False),
    Column("visibility", STATE, nullable=False),
    Column("owner_id", IdType, nullable=False, index=True),
    Column("time_zone", String(64), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("create_time", MICROSECONDS, nullable=False),
    Column("update_time", MICROSECONDS, nullable=False),
)

project_members = make_table(
    "project_members",
    project_id(primary_key=True),
    Column("principal_kind", STATE, primary_key=True),
    Column("principal_id", IdType, primary_key=True),
    Column("role", STATE, nullable=False),
    Index("ix_project_members_principal", "principal_kind", "principal_id"),
    with_rowid=False,
)

images = make_table(
    "images",
    Column("id", IdType, primary_key=True),
    project_id(),
    Column("file_name", String(500), nullable=False),
    Column("file_name_folded", String(500), nullable=False),
    Column("sha256", SHA256, nullable=False),
    Column("format", STATE, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("object_key", String(200), nullable=False),
    Column("thumbnail_key", String(200), nullable=False),
    Column("state", STATE, nullable=False),
    Column("failure", blob()),
    # The last analysis that was asked for: its number, and when. Answers to older ones no longer count.
    Column("attempt", Integer, nullable=False),
    Column("order_time", MICROSECONDS, nullable=False),
    # What the project's own model said; other models' answers are in `predictions` only.
    Column("model", MODEL),
    Column("version", VERSION),
    Column("label", LABEL),
    Column("label_folded", LABEL),
    Column("confidence", Double),
    # How it looks, whatever it shows; of images that were analysed before release 0.2 nobody knows.
    Column("brightness", Double),
    Column("contrast", Double),
    Column("sharpness", Double),
    # The class that people gave it; boxes are in `labels` only.
    Column("truth", LABEL),
    Column("truth_folded", LABEL),
    Column("capture_time", MICROSECONDS),
    Column("upload_time", MICROSECONDS, nullable=False),
    Column("update_time", MICROSECONDS, nullable=False),
    Column("uploader", PRINCIPAL, nullable=False),
    Column("upload_batch_id", IdType),
    Column("source", String(100), nullable=False),
    UniqueConstraint("project_id", "sha256"),
    Index("ix_images_upload_time", "project_id", "upload_time", "id"),
    Index("ix_images_capture_time", "project_id", "capture_time"),
    Index("ix_images_file_name", "project_id", "file_name_folded", "id"),
    Index("ix_images_label", "project_id", "label_folded", "confidence"),
    Index("ix_images_confidence", "project_id", "confidence", "id"),
    Index("ix_images_truth", "project_id", "truth_folded"),
    Index("ix_images_state", "project_id", "state"),
    Index("ix_images_batch", "upload_batch_id", "state"),
)

image_metadata = make_table(
    "image_metadata",
    image_id(primary_key=True),
    Column("key", String(100), primary_key=True),
    Column("project_id", IdType, nullable=False),
    Column("display_key", String(100), nullable=False),
    Column("type", STATE, nullable=False),
    Column("text_value", String(2000)),
    Column("text_folded", String(500)),
    Column("number_value", Double),
    Column("time_value", MICROSECONDS),
    Index("ix_image_metadata_text", "project_id", "key", "text_folded"),
    Index("ix_image_metadata_number", "project_id", "key", "number_value"),
    with_rowid=False,
)

tags = make_table(
    "tags",
    Column("id", IdType, primary_key=True),
    project_id(),
    Column("display_name", String(300), nullable=False),
    Column("name_folded", String(300), nullable=False),
    Column("color", String(7), nullable=False),
    Column("origin", STATE, nullable=False),
    Column("creator", PRINCIPAL, nullable=False),
    Column("create_time", MICROSECONDS, nullable=False),
    Column("update_time", MICROSECONDS, nullable=False),
    UniqueConstraint("project_id", "name_folded"),
)

image_tags = make_table(
    "image_tags",
    image_id(primary_key=True),
    Column("tag_id", IdType, ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True),
    Column("origin", STATE, nullable=False),
    Column("creator", PRINCIPAL, nullable=False),
    Column("create_time", MICROSECONDS, nullable=False),
    Index("ix_image_tags_tag", "tag_id", "image_id"),
    with_rowid=False,
)

labels = make_table(
    "labels",
    Column("id", IdType, primary_key=True),
    image_id(),
    Column("project_id", IdType, nullable=False),
    Column("display_name", LABEL, nullable=False),
    Column("name_folded", LABEL, nullable=False),
    Column("x", Single),
    Column("y", Single),
    Column("width", Single),
    Column("height", Single),
    Column("creator", PRINCIPAL, nullable=False),
    Column("create_time", MICROSECONDS, nullable=False),
    Index("ix_labels_image", "image_id", "id"),
    Index("ix_labels_name", "project_id", "name_folded"),
)

predictions = make_table(
    "predictions",
    Column("id", IdType, primary_key=True),
    image_id(),
    Column("project_id", IdType, nullable=False),
    Column("model", MODEL, nullable=False),
    Column("version", VERSION, nullable=False),
    Column("label", LABEL),
    Column("label_folded", LABEL),
    Column("confidence", Double),
    Column("output", blob(), nullable=False),
    Column("create_time", MICROSECONDS, nullable=False),
    UniqueConstraint("image_id", "model", "version"),
    Index("ix_predictions_model", "project_id", "model", "version", "label_folded"),
)

prediction_boxes = make_table(
    "prediction_boxes",
    Column("prediction_id", IdType, ForeignKey("predictions.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    image_id(),
    Column("project_id", IdType, nullable=False),
    Column("label", LABEL, nullable=False),
    Column("label_folded", LABEL, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("x", Single, nullable=False),
    Column("y", Single, nullable=False),
    Column("width", Single, nullable=False),
    Column("height", Single, nullable=False),
    Column("area", Double, nullable=False),
    Index("ix_prediction_boxes_image", "image_id"),
    Index("ix_prediction_boxes_label", "project_id", "label_folded", "confidence"),
    with_rowid=False,
)

image_features = make_table(
    "image_features",
    image_id(primary_key=True),
    # "uploaded" with the name of the feature set as version, or a model's id and version: as inference keeps them.
    Column("model", MODEL, primary_key=True),
    Column("version", VERSION, primary_key=True),
    Column("project_id", IdType, nullable=False),
    Column("dimension", Integer, nullable=False),
    Index("ix_image_features_set", "project_id", "model", "version"),
    with_rowid=False,
)

analysis_jobs = make_table(
    "analysis_jobs",
    Column("id", IdType, primary_key=True),
    image_id(),
    Column("project_id", IdType, nullable=False),
    Column("model", MODEL, nullable=False),
    Column("version", VERSION, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("object_key", String(200), nullable=False),
    Column("published_time", MICROSECONDS),
    Column("create_time", MICROSECONDS, nullable=False),
    UniqueConstraint("image_id", "model", "version"),
    Index("ix_analysis_jobs_waiting", "model", "published_time", "id"),
    Index("ix_analysis_jobs_project", "project_id"),
)

removals = make_table(
    "removals",
    # What is gone from SQL and still has to go from the object store and the feature store.
    Column("id", IdType, primary_key=True),
    Column("project_id", IdType, nullable=False),
    Column("image_id", IdType),
    # Of a copy: where its bytes lie. They are removed when no image needs them any more.
    Column("object_key", String(200)),
    Column("create_time", MICROSECONDS, nullable=False),
)
