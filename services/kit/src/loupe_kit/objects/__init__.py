"""Object store: bytes under keys. The port, and the store in a folder."""

from loupe_kit.objects.folder import FolderObjectStore
from loupe_kit.objects.port import CHUNK_BYTES, ObjectKeyInvalid, ObjectNotFound, ObjectStore, check_key, check_range

__all__ = [
    "CHUNK_BYTES",
    "FolderObjectStore",
    "ObjectKeyInvalid",
    "ObjectNotFound",
    "ObjectStore",
    "check_key",
    "check_range",
]
