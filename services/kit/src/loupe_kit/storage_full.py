"""Recognises that the disk is full, however deep the fault is wrapped: the one fault of ours that people can mend."""

import errno
import sqlite3
from collections.abc import Iterator

from loupe_kit.errors import ResourceExhausted

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


def storage_full(error: BaseException) -> ResourceExhausted | None:
    """What callers are told when a fault means that the disk is full; None for all other faults."""
    if any(_is_full(one) for one in _wrapped(error)):
        return ResourceExhausted(
            "The disk that holds Loupe's data is full and nothing was kept; ask your operator to free some space, "
            "then try again."
        )
    return None


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _NO_SPACE
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def _wrapped(error: BaseException) -> Iterator[BaseException]:
    """The fault, those of its group, and those that it was raised from."""
    yield error
    inner = list(error.exceptions) if isinstance(error, BaseExceptionGroup) else []
    if error.__cause__ is not None and error.__cause__ is not error:
        inner.append(error.__cause__)
    for one in inner:
        yield from _wrapped(one)
