"""How far long work came, as its operation keeps it: a run that was cut short goes on from there."""

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Base of such states: dataclasses whose fields are numbers and texts, each with the value of a beginning."""

    def to_bytes(self) -> bytes:
        """For the operation."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Undo `to_bytes`; of no bytes, the beginning."""
        return cls(**json.loads(data)) if data else cls()
