"""What goes through a stream of UploadFiles, in both directions."""

from dataclasses import dataclass, field

from loupe_kit.errors import LoupeError
from loupe_project.domain.intake.kinds import FileKind
from loupe_project.domain.upload_batch import UploadBatch
from loupe_project.use_cases.intake.commit_images import GivenFacts


@dataclass(frozen=True, slots=True)
class Header:
    """What the whole upload is about."""

    project_id: str
    display_name: str = ""
    request_id: str = ""
    feature_set: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class FileBegin:
    """A file begins."""

    file_name: str
    sha256: str = ""
    """What its bytes shall have; empty: not checked."""
    facts: GivenFacts = field(default_factory=GivenFacts)
    fault: LoupeError | None = None
    """What is wrong with what its sender says of it; the file is refused with it."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next bytes of the file that was begun last."""

    data: bytes


Event = Header | FileBegin | Chunk


@dataclass(frozen=True, slots=True)
class Begun:
    """The batch that the upload belongs to."""

    batch: UploadBatch


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """What became of a file."""

    file_name: str
    kind: FileKind
    image_id: str = ""
    is_duplicate: bool = False
    is_restored: bool = False
    operation_id: str = ""
    failure: LoupeError | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The batch as it stands at the end of the stream."""

    batch: UploadBatch


Answer = Begun | FileAnswer | Ended
