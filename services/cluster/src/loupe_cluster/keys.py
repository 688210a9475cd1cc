"""Secrets of the installation, made at the first start and kept in its folder."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Keys:
    """Secrets that processes share."""

    service_token_key: str
    s3_access_key: str
    s3_secret_key: str


def load(folder: Path) -> Keys:
    """Returns the secrets of the installation in `folder`, made if there are none; readable by their owner only."""
    file = folder / "secrets.json"
    made = Keys(secrets.token_urlsafe(48), secrets.token_hex(10), secrets.token_urlsafe(30))
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return Keys(**json.loads(file.read_text(encoding="utf-8")))
    with os.fdopen(descriptor, "w", encoding="utf-8") as new:
        json.dump(asdict(made), new)
        new.flush()
        os.fsync(new.fileno())
    return made
