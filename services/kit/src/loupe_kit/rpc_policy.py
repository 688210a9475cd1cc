"""Who may call which RPC. Each servicer module has a table; the server refuses to start with a gap."""

from collections.abc import Iterable, Mapping
from enum import Enum

from loupe_kit.caller import Caller, CallerKind
from loupe_kit.errors import PermissionDenied, Unauthenticated

AccessTable = Mapping[str, "Access"]
"""Full method name, such as `/loupe.project.v1.ProjectService/GetProject`, to who may call it."""


class Access(Enum):
    """Who may call an RPC. Finer rights (whose project?) are the use case's matter."""

    PUBLIC = "PUBLIC"
    """Everybody, signed in or not. A token that does not hold counts as none."""
    USER = "USER"
    """Every caller that is known: people, API keys, and Loupe's own services."""
    SERVICE = "SERVICE"
    """Loupe's own services only."""


class AccessTableError(Exception):
    """The access tables do not cover the served RPCs exactly; a fault of the program, found at start."""


def merge(tables: Iterable[AccessTable]) -> dict[str, Access]:
    """One table out of many.

    Raises:
        AccessTableError: If two tables name the same method.
    """
    merged: dict[str, Access] = {}
    for table in tables:
        twice = merged.keys() & table.keys()
        if twice:
            raise AccessTableError(f"Named in two access tables: {', '.join(sorted(twice))}.")
        merged.update(table)
    return merged


def check_complete(table: AccessTable, methods: Iterable[str]) -> None:
    """Compare a table with the methods that are served.

    Raises:
        AccessTableError: If a served method has no row, or a row has no method.
    """
    served = set(methods)
    missing, unknown = served - table.keys(), table.keys() - served
    if missing:
        raise AccessTableError(f"No access row for {', '.join(sorted(missing))}; add each to its ACCESS table.")
    if unknown:
        raise AccessTableError(f"Access rows for RPCs that nobody serves: {', '.join(sorted(unknown))}.")


def check_access(access: Access, caller: Caller) -> None:
    """Let the caller pass or raise.

    Raises:
        Unauthenticated: If the caller must be known and is not.
        PermissionDenied: If only services may call and the caller is none.
    """
    if access is Access.PUBLIC:
        return
    if not caller.is_authenticated:
        raise Unauthenticated("This call needs an identity: send 'authorization: Bearer <access token or API key>'.")
    if access is Access.SERVICE and caller.kind is not CallerKind.SERVICE:
        raise PermissionDenied("Only Loupe's own services may make this call.")
