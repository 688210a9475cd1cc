"""What a caller may see and do."""

import pytest

from loupe_kit.caller import ANONYMOUS, Caller, CallerKind
from loupe_kit.errors import PermissionDenied
from loupe_project.domain.scope import Right, Scope

KEY = Caller(
    kind=CallerKind.API_KEY,
    id="ada",
    department_id="d",
    scopes=frozenset({"upload", "unknown"}),
    key_projects=frozenset({"p"}),
    key_id="k",
)


def test_of__person_is_not_limited() -> None:
    scope = Scope.of(Caller(kind=CallerKind.USER, id="ada", department_id="d"))

    assert scope == Scope(user_id="ada", department_id="d", principal="users/ada")
    for right in Right:
        scope.require(right)


def test_of__key_acts_in_its_own_name_within_its_limits() -> None:
    scope = Scope.of(KEY)

    assert (scope.user_id, scope.principal, scope.key_projects) == ("ada", "apiKeys/k", frozenset({"p"}))
    scope.require(Right.UPLOAD)
    with pytest.raises(PermissionDenied, match="lacks the scope 'read'"):
        scope.require(Right.READ)


def test_of__service_sees_everything() -> None:
    assert Scope.of(Caller(kind=CallerKind.SERVICE, id="inference")).everything


def test_of__nobody_sees_nothing() -> None:
    scope = Scope.of(ANONYMOUS)

    assert (scope.user_id, scope.everything) == ("", False)


@pytest.mark.parametrize("scope", [Scope.of(KEY), Scope.of_loupe(), Scope(user_id="ada", principal="users/ada")])
def test_bytes__round_trip(scope: Scope) -> None:
    assert Scope.from_bytes(scope.to_bytes()) == scope
