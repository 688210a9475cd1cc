"""Long work as a record: what was asked for, how far it is, how it ended. It outlives the process that runs it."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from loupe_project.domain.scope import Scope

MAX_FAILURES = 100
"""How many single failures an operation keeps."""


class OperationKind(IntEnum):
    """What kind of work; numbers are those of `OperationMetadata.Kind`."""

    IMPORT_ARCHIVE = 1
    CREATE_ANALYSIS = 2
    CREATE_EXPORT = 3
    MODIFY_IMAGE_TAGS = 4
    DELETE_IMAGES = 5
    ANALYSE_IMAGES = 6
    MODIFY_IMAGE_ACCESS = 7
    CREATE_SELECTION = 8
    CREATE_CURATION_RUN = 9
    MERGE_TAGS = 10
    UNDO_OPERATION = 11
    MODIFY_IMAGE_METADATA = 12
    IMPORT_METADATA = 13
    DELETE_TAGS = 14
    MODIFY_IMAGE_LABELS = 20
    IMPORT_LABELS = 21
    RESTORE_IMAGES = 30
    PURGE_IMAGES = 31
    COPY_IMAGES = 32
    CREATE_HEAD = 40
    USE_HEAD = 41
    CREATE_SPLIT = 50
    PLACE_IMAGES = 60


class OperationState(StrEnum):
    """Life of an operation."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    DONE = "DONE"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an operation is."""

    phase: str = ""
    """What it does now, for people: "features", "layout", "images"."""
    fraction: float = 0.0
    """Share done, in [0, 1]."""
    done_count: int = 0
    """Items done."""
    total_count: int = 0
    """Items in all; 0 where not known yet."""
    failed_count: int = 0
    """Items that failed."""
    failures: tuple[bytes, ...] = ()
    """The first failures, each a serialised google.rpc.Status; at most `MAX_FAILURES`."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One piece of long work."""

    id: str
    project_id: str
    kind: OperationKind
    target: str
    """Name of the resource that it makes or works on, such as `projects/{project}/analyses/{analysis}`."""
    request: bytes
    """What its handler needs to know, in the handler's own form; empty where the operation is only looked at."""
    creator: str
    """`users/{user}` or `apiKeys/{api_key}`."""
    scope: Scope
    """What the one who asked could see and do then: the handler acts with these rights."""
    create_time: datetime
    update_time: datetime
    state: OperationState = OperationState.PENDING
    progress: Progress = Progress()
    finish_time: datetime | None = None
    cancel_requested: bool = False
    checkpoint: bytes = b""
    """What the handler keeps between two runs of itself, in its own form."""
    response: bytes = b""
    """Serialised google.protobuf.Any; set when it is DONE and went well."""
    error: bytes = b""
    """Serialised google.rpc.Status; set when it is DONE and did not go well."""

    @classmethod
    def asked(
        cls,
        operation_id: str,
        kind: OperationKind,
        *,
        project_id: str,
        target: str,
        request: bytes,
        scope: Scope,
        now: datetime,
    ) -> "Operation":
        """The record of work that is asked for now, with the rights of `scope`; the arguments are the attributes."""
        return cls(
            id=operation_id,
            project_id=project_id,
            kind=kind,
            target=target,
            request=request,
            creator=scope.principal,
            scope=scope,
            create_time=now,
            update_time=now,
        )

    @property
    def is_done(self) -> bool:
        """Whether it has ended, well or not."""
        return self.state is OperationState.DONE

    @property
    def name(self) -> str:
        """Resource name."""
        return f"projects/{self.project_id}/operations/{self.id}"
