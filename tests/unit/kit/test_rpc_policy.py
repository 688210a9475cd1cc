import pytest

from loupe_kit import rpc_policy
from loupe_kit.caller import ANONYMOUS, Caller, CallerKind, Role, acting_as, current_caller
from loupe_kit.errors import PermissionDenied, Unauthenticated
from loupe_kit.rpc_policy import Access, AccessTableError
from loupe_kit.testing import make_user

USER = make_user()
API_KEY = Caller(kind=CallerKind.API_KEY, id="u")
SERVICE = Caller(kind=CallerKind.SERVICE, id="project")


@pytest.mark.parametrize(
    ("access", "caller", "error"),
    [
        (Access.PUBLIC, ANONYMOUS, None),
        (Access.PUBLIC, SERVICE, None),
        (Access.USER, ANONYMOUS, Unauthenticated),
        (Access.USER, USER, None),
        (Access.USER, API_KEY, None),
        (Access.USER, SERVICE, None),
        (Access.SERVICE, ANONYMOUS, Unauthenticated),
        (Access.SERVICE, USER, PermissionDenied),
        (Access.SERVICE, API_KEY, PermissionDenied),
        (Access.SERVICE, SERVICE, None),
    ],
)
def test_check_access(access: Access, caller: Caller, error: type[Exception] | None) -> None:
    if error is None:
        rpc_policy.check_access(access, caller)
        return
    with pytest.raises(error):
        rpc_policy.check_access(access, caller)


def test_check_complete__names_what_is_missing_or_too_much() -> None:
    table = {"/a.S/One": Access.USER}
    rpc_policy.check_complete(table, ["/a.S/One"])
    with pytest.raises(AccessTableError, match=r"/a\.S/Two"):
        rpc_policy.check_complete(table, ["/a.S/One", "/a.S/Two"])
    with pytest.raises(AccessTableError, match=r"/a\.S/One"):
        rpc_policy.check_complete(table, [])


def test_merge__same_method_twice() -> None:
    with pytest.raises(AccessTableError, match=r"/a\.S/One"):
        rpc_policy.merge([{"/a.S/One": Access.USER}, {"/a.S/One": Access.PUBLIC}])


def test_require_user__people_and_keys_only() -> None:
    assert USER.require_user() is USER
    assert API_KEY.require_user() is API_KEY
    for caller in (ANONYMOUS, SERVICE):
        with pytest.raises(Unauthenticated, match="sign in"):
            caller.require_user()


def test_acting_as__for_the_block_only() -> None:
    assert current_caller() is ANONYMOUS
    with acting_as(USER):
        assert current_caller() is USER
    assert current_caller() is ANONYMOUS


def test_role__ranks() -> None:
    assert Role.ADMINISTRATOR.at_least(Role.SUPERVISOR)
    assert Role.SUPERVISOR.at_least(Role.SUPERVISOR)
    assert not Role.MEMBER.at_least(Role.SUPERVISOR)
