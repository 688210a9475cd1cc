"""How projects are watched for drift, what was found, and who is told."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Double, Index, Integer, String, Text

from loupe_kit.sql import IdType
from loupe_project.adapters.sql.tables.base import MICROSECONDS, PRINCIPAL, STATE, make_table, project_id

drift_watches = make_table(
    "drift_watches",
    project_id(primary_key=True),
    # Rises when a new history begins: what was found for an older one is thrown away.
    Column("epoch", Integer, nullable=False),
    Column("reference", Text, nullable=False),
    Column("group_by", String(110), nullable=False),
    Column("every_images", Integer, nullable=False),
    Column("webhook_url", String(1000), nullable=False),
    Column("webhook_secret", String(200), nullable=False),
    Column("creator", PRINCIPAL, nullable=False),
    Column("create_time", MICROSECONDS, nullable=False),
    Column("update_time", MICROSECONDS, nullable=False),
    # Images that were uploaded before, or whose id is not above the cursor, are looked at no more.
    Column("start_time", MICROSECONDS, nullable=False),
    Column("cursor_id", String(36), nullable=False),
    Column("look_time", MICROSECONDS),
    Column("next_look_time", MICROSECONDS, nullable=False),
    # Whether the next look takes in the day that is not over yet.
    Column("look_wanted", Boolean, nullable=False),
    # Until when a process has it in its hands.
    Column("lease_time", MICROSECONDS),
    Column("problem", Text, nullable=False),
    # Ids of the people whom alerts are mailed to, a space between them.
    Column("mail_users", String(1000), nullable=False, server_default=""),
    Index("ix_drift_watches_next", "next_look_time"),
)

drift_points = make_table(
    "drift_points",
    Column("id", IdType, primary_key=True),
    project_id(),
    Column("day", Date, nullable=False),
    Column("value", String(300), nullable=False),
    Column("look_time", MICROSECONDS, nullable=False),
    Column("first_time", MICROSECONDS, nullable=False),
    Column("last_time", MICROSECONDS, nullable=False),
    Column("arrived_count", BigInteger, nullable=False),
    Column("image_count", Integer, nullable=False),
    Column("verdict", STATE, nullable=False),
    Column("unlike_share", Double, nullable=False),
    Column("is_unlike", Boolean, nullable=False),
    Column("unsure_share", Double, nullable=False),
    Column("wrong_share", Double, nullable=False),
    Column("labelled_count", Integer, nullable=False),
    Column("chance", Double, nullable=False),
    # JSON: an object for each trait.
    Column("traits", Text, nullable=False),
    Index("ix_drift_points_newest", "project_id", "day", "id"),
    Index("ix_drift_points_value", "project_id", "value", "day", "id"),
)

drift_alerts = make_table(
    "drift_alerts",
    Column("id", IdType, primary_key=True),
    project_id(),
    Column("value", String(300), nullable=False),
    # Empty of a test.
    Column("verdict", STATE, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("sentence_ko", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("is_test", Boolean, nullable=False),
    Column("state", STATE, nullable=False),
    Column("attempt_count", Integer, nullable=False),
    Column("answer", String(500), nullable=False),
    Column("create_time", MICROSECONDS, nullable=False),
    # When it is tried next; none when it is over.
    Column("next_time", MICROSECONDS),
    Column("end_time", MICROSECONDS),
    # The same by mail, and ids of the people who were not reached yet, a space between them.
    Column("mail_state", STATE, nullable=False, server_default="KEPT"),
    Column("mail_attempt_count", Integer, nullable=False, server_default="0"),
    Column("mail_answer", String(500), nullable=False, server_default=""),
    Column("mail_next_time", MICROSECONDS),
    Column("mail_end_time", MICROSECONDS),
    Column("mail_left", String(1000), nullable=False, server_default=""),
    Index("ix_drift_alerts_newest", "project_id", "id"),
    Index("ix_drift_alerts_next", "next_time"),
    Index("ix_drift_alerts_mail_next", "mail_next_time"),
)
