"""What an archive import has to remember: which archive, and once it is done, what came of it."""

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """Which archive is unpacked."""

    batch_id: str
    file_name: str
    object_key: str

    def to_bytes(self) -> bytes:
        """For the operation's record."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Undo `to_bytes`."""
        return cls(**json.loads(data))


@dataclass(slots=True)
class ImportCounts:
    """What came of an archive."""

    images: int = 0
    duplicates: int = 0
    refused: int = 0
    metadata: int = 0
    labels: int = 0
    features: int = 0


@dataclass(frozen=True, slots=True)
class ImportCheckpoint:
    """How often an import was begun, and what came of it once it is done."""

    runs: int = 0
    result: ImportCounts | None = None

    def to_bytes(self) -> bytes:
        """For the operation's record."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Undo `to_bytes`; nothing kept yet gives a first run."""
        if not data:
            return cls()
        fields = json.loads(data)
        return cls(fields["runs"], ImportCounts(**fields["result"]) if fields["result"] else None)
