"""What exists for a caller, as auth knows him by now."""

from dataclasses import replace

import pytest

from loupe_kit.caller import Caller, CallerKind, Role
from loupe_kit.errors import Unavailable
from loupe_project.domain.image_access import Principal
from loupe_project.domain.scope import Scope
from loupe_project.ports.access import Person
from loupe_project.use_cases.scopes import Scopes


class Directory:
    def __init__(self, *people: tuple[str, Person], is_away: bool = False) -> None:
        self._people = dict(people)
        self._is_away = is_away

    async def person(self, user_id: str) -> Person | None:
        if self._is_away:
            raise Unavailable("auth does not answer")
        return self._people.get(user_id)

    async def staff_of(self, department_id: str) -> frozenset[str]:
        if self._is_away:
            raise Unavailable("auth does not answer")
        return frozenset(key for key, one in self._people.items() if one.department_id == department_id)

    async def is_revoked(self, key_id: str) -> bool:
        if self._is_away:
            raise Unavailable("auth does not answer")
        return key_id == "revoked"

    async def exists(self, principal: Principal) -> bool:
        return True


def person(department_id: str | None = "press", *, is_supervisor: bool = False, is_active: bool = True) -> Person:
    return Person(department_id, is_supervisor, is_active)


BOSS = Caller(kind=CallerKind.USER, id="boss", department_id="press", role=Role.SUPERVISOR)
PLANT = (("boss", person(is_supervisor=True)), ("ada", person()), ("bob", person("paint")))


async def test_of__supervisor_has_the_people_of_the_department() -> None:
    assert (await Scopes(Directory(*PLANT)).of(BOSS)).staff_ids == {"boss", "ada"}


@pytest.mark.parametrize(
    "caller",
    [
        replace(BOSS, role=Role.MEMBER),
        replace(BOSS, role=Role.ADMINISTRATOR),
        replace(BOSS, department_id=None),
        replace(BOSS, kind=CallerKind.API_KEY, key_id="k"),
    ],
)
async def test_of__nobody_else_has(caller: Caller) -> None:
    assert (await Scopes(Directory(*PLANT)).of(caller)).staff_ids == frozenset()


async def test_of__without_auth_a_supervisor_is_himself() -> None:
    scope = await Scopes(Directory(is_away=True)).of(BOSS)

    assert (scope.user_id, scope.staff_ids) == ("boss", frozenset())


async def test_again__department_and_office_of_now() -> None:
    scope = Scope(user_id="boss", department_id="paint", principal="users/boss")

    now = await Scopes(Directory(*PLANT)).again(scope)

    assert (now.department_id, set(now.staff_ids)) == ("press", {"boss", "ada"})


@pytest.mark.parametrize("people", [(), (("boss", person(is_active=False)),)])
async def test_again__disabled_or_gone_sees_nothing(people: tuple[tuple[str, Person], ...]) -> None:
    scope = Scope(user_id="boss", department_id="press", principal="users/boss")

    now = await Scopes(Directory(*people)).again(scope)

    assert (now.user_id, now.department_id, now.principal) == ("", None, "users/boss")


async def test_again__keys_have_no_office() -> None:
    scope = Scope(user_id="boss", department_id="press", principal="apiKeys/k")

    assert (await Scopes(Directory(*PLANT)).again(scope)).staff_ids == frozenset()


@pytest.mark.parametrize(("key", "user"), [("revoked", ""), ("other", "boss")])
async def test_again__revoked_key_sees_nothing(key: str, user: str) -> None:
    scope = Scope(user_id="boss", department_id="press", principal=f"apiKeys/{key}")

    assert (await Scopes(Directory(*PLANT)).again(scope)).user_id == user


@pytest.mark.parametrize(
    "scope",
    [Scope.of_loupe(), Scope(user_id="boss", principal="users/boss"), Scope(user_id="boss", principal="apiKeys/k")],
)
async def test_again__without_auth_it_stays(scope: Scope) -> None:
    assert await Scopes(Directory(is_away=True)).again(scope) == scope
