"""What the audit is told: who changed rights, deleted, handed over, took data out. Never what the data are."""

from datetime import datetime
from enum import StrEnum

from loupe_kit.audit import event as events
from loupe_kit.audit.event import AuditEvent
from loupe_project.domain.scope import Scope


class Action(StrEnum):
    """What was done, as auth writes it."""

    CREATE_PROJECT = "project.create"
    SHARE_PROJECT = "project.share"
    TRANSFER_PROJECT = "project.transfer"
    DELETE_PROJECT = "project.delete"
    SET_IMAGE_ACCESS = "image.set_access"
    DELETE_IMAGES = "image.delete"
    RESTORE_IMAGES = "image.restore"
    PURGE_IMAGES = "image.purge"
    COPY_IMAGES = "image.copy"
    DELETE_TAG = "tag.delete"
    SHARE_ANALYSIS = "analysis.share"
    DELETE_ANALYSIS = "analysis.delete"
    TELL_OF_DRIFT = "drift_watch.tell"
    CREATE_EXPORT = "export.create"
    DOWNLOAD_EXPORT = "export.download"
    DELETE_EXPORT = "export.delete"


def event(scope: Scope, action: Action, target: str, now: datetime, **details: str) -> AuditEvent:
    """A new event.

    Args:
        scope: Of who did it.
        action: What.
        target: To which resource.
        now: When.
        **details: Further facts; long ones are cut to what auth takes.
    """
    return events.event(scope.principal, scope.origin, action, target, now, details)
