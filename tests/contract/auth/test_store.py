"""What every store of auth must do; the suite runs against SQLite and MariaDB."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from loupe_auth.adapters.sql.store import AuthUnitOfWork
from loupe_auth.domain.audit import Action, AuditQuery, Outcome
from loupe_auth.domain.sessions import EndReason, token_hash
from loupe_auth.domain.signing_keys import SigningKey
from loupe_auth.domain.users import User, UserQuery, UserState, name_key
from loupe_auth.ports import Store
from loupe_kit import ids
from loupe_kit.caller import Role
from tests.contract.auth import factories
from tests.contract.auth.factories import NOW


async def _kept_user(store: Store, user: User | None = None) -> User:
    user = user or factories.user()
    async with store() as tx:
        assert await tx.users.add(user, "hash")
        await tx.commit()
    return user


async def test_user__comes_back_as_it_went_in(store: Store) -> None:
    quality = factories.department()
    ada = factories.user("Ada Lovelace 🙂", department=quality)
    async with store() as tx:
        await tx.departments.add(quality)
        await tx.users.add(ada, "argon2 hash")
        await tx.commit()

    async with store(read_only=True) as tx:
        assert await tx.users.get(ada.id) == ada
        assert await tx.users.get_by_email(ada.email) == ada
        assert await tx.users.get_password_hash(ada.id) == "argon2 hash"
        assert await tx.users.count_by_department(quality.id) == 1
        assert await tx.users.get(quality.id) is None


async def test_user__nothing_stays_without_commit(store: Store) -> None:
    ada = factories.user()
    async with store() as tx:
        await tx.users.add(ada, "hash")

    async with store(read_only=True) as tx:
        assert await tx.users.get(ada.id) is None


async def test_user__one_account_an_address_and_accents_count(store: Store) -> None:
    await _kept_user(store, factories.user(email="jose@plant.example"))

    async with store() as tx:
        assert not await tx.users.add(factories.user(email="jose@plant.example"), "hash")
        assert await tx.users.add(factories.user(email="josé@plant.example"), "hash")
        await tx.commit()


async def test_user__one_of_two_sign_ups_at_once_wins(store: Store) -> None:
    async def add() -> bool:
        async with store() as tx:
            added = await tx.users.add(factories.user(email="ada@plant.example"), "hash")
            await tx.commit()
            return added

    assert sorted(await asyncio.gather(*(add() for _ in range(4)))) == [False, False, False, True]


async def test_user__update_wants_the_version_that_was_read(store: Store) -> None:
    ada = await _kept_user(store)
    promoted = replace(ada, role=Role.ADMINISTRATOR, version=2)

    async with store() as tx:
        assert not await tx.users.has_other_administrator("nobody")
        assert await tx.users.update(promoted)
        assert not await tx.users.update(promoted)
        await tx.commit()
    async with store(read_only=True) as tx:
        assert await tx.users.get(ada.id) == promoted
        assert await tx.users.has_other_administrator("nobody")


async def test_user__password_is_replaced(store: Store) -> None:
    ada = await _kept_user(store)

    async with store() as tx:
        await tx.users.set_password_hash(ada.id, "new hash", NOW)
        await tx.users.set_password_hash(ada.id, "new hash", NOW)
        await tx.commit()
    async with store(read_only=True) as tx:
        assert await tx.users.get_password_hash(ada.id) == "new hash"


async def test_users__by_name(store: Store) -> None:
    people = [factories.user(name) for name in ("Bo", "ada", "Ada", "Éva", "50% Ada", "under_score")]
    people.append(factories.user("Adam", state=UserState.DISABLED))
    for person in people:
        await _kept_user(store, person)

    async def names(contains: str, *, after: Any = None, limit: int = 10, **conditions: Any) -> list[str]:
        query = UserQuery(name_key(contains), **({"state": UserState.ACTIVE} | conditions))
        async with store(read_only=True) as tx:
            found = await tx.users.list_by_name(query, after=after, limit=limit)
            return [person.profile.display_name for person in found]

    assert await names("ada") == ["50% Ada", "ada", "Ada"]
    assert await names("ada", state=None) == ["50% Ada", "ada", "Ada", "Adam"]
    assert await names("ada", state=UserState.DISABLED) == ["Adam"]
    assert await names("", email_contains=people[0].email[:30]) == ["Bo"]
    assert await names("", role=Role.SUPERVISOR) == []
    assert await names("%") == ["50% Ada"]
    assert await names("r_s") == ["under_score"]
    assert await names("eva") == []
    assert await names("ÉVA") == ["Éva"]
    assert await names("", limit=2) == ["50% Ada", "ada"]
    assert await names("", after=("ada", people[1].id)) == ["Ada", "Bo", "under_score", "Éva"]


async def test_department__name_is_unique_without_regard_to_case(store: Store) -> None:
    quality, lab = factories.department("Quality"), factories.department("Lab")
    async with store() as tx:
        assert await tx.departments.add(quality)
        assert await tx.departments.add(lab)
        assert not await tx.departments.add(factories.department("  QUALITY "))
        assert not await tx.departments.update(replace(lab, display_name="quality", version=2))
        assert await tx.departments.update(replace(lab, display_name="Labor", version=2))
        await tx.commit()

    async with store(read_only=True) as tx:
        assert await tx.departments.get_by_name("qualitY") == quality
        assert [row.display_name for row in await tx.departments.list_by_name(after=None, limit=5)] == [
            "Labor",
            "Quality",
        ]
        assert await tx.departments.list_by_name(after=("quality", quality.id), limit=5) == []


async def test_department__is_not_removed_while_somebody_belongs_to_it(store: Store) -> None:
    quality = factories.department()
    async with store() as tx:
        await tx.departments.add(quality)
        await tx.users.add(factories.user(department=quality), "hash")
        await tx.commit()

    async with store() as tx:
        assert not await tx.departments.delete(quality.id)
        await tx.commit()
    async with store(read_only=True) as tx:
        assert await tx.departments.get(quality.id) == quality


async def test_verification__guesses_at_once_are_counted(store: Store) -> None:
    kept = factories.verification()
    async with store() as tx:
        await tx.verifications.add(kept)
        await tx.commit()

    async def guess() -> int | None:
        async with store() as tx:
            after = await tx.verifications.take_guess(kept.id, NOW)
            await tx.commit()
            return after.guesses_left if after else None

    left = await asyncio.gather(*(guess() for _ in range(8)))
    assert sorted(number for number in left if number is not None) == [0, 1, 2, 3, 4]


async def test_verification__ends_in_time_and_once(store: Store) -> None:
    kept = factories.verification()
    async with store() as tx:
        await tx.verifications.add(kept)
        assert await tx.verifications.get(kept.id) == kept
        assert await tx.verifications.take_guess(kept.id, kept.code_expire_time) is None
        assert not await tx.verifications.consume(kept.id, "another code", NOW)
        assert await tx.verifications.consume(kept.id, kept.code_hash, NOW)
        assert not await tx.verifications.consume(kept.id, kept.code_hash, NOW)
        assert await tx.verifications.take_guess(kept.id, NOW) is None


async def test_verification__code_is_renewed_once(store: Store) -> None:
    before = factories.verification()
    after = replace(before, code_hash="second", mails_left=3, code_expire_time=NOW + timedelta(minutes=20))
    async with store() as tx:
        await tx.verifications.add(before)
        assert await tx.verifications.renew_code(before, after)
        assert not await tx.verifications.renew_code(before, after)
        assert await tx.verifications.get(before.id) == after


async def test_session__tokens_are_exchanged_by_one_at_a_time(store: Store) -> None:
    ada = await _kept_user(store)
    opened = factories.session(ada)
    first = factories.refresh_token(opened)
    async with store() as tx:
        await tx.sessions.add(opened, first)
        await tx.commit()

    async def exchange(number: int) -> bool:
        async with store() as tx:
            token = await tx.sessions.get_token_for_exchange(first.token_hash)
            assert token
            if token.exchange_time is None:
                await tx.sessions.exchange(
                    replace(token, exchange_time=NOW, successor_nonce="ab" * 32),
                    factories.refresh_token(opened, f"lr_{number}", create_time=NOW + timedelta(hours=1)),
                )
            await tx.commit()
            return token.exchange_time is None

    assert sorted(await asyncio.gather(*(exchange(number) for number in range(5))))[-2:] == [False, True]
    async with store(read_only=True) as tx:
        found = await tx.sessions.get(opened.id)
        assert found == replace(opened, last_use_time=NOW + timedelta(hours=1))
        token = await tx.sessions.get_token(first.token_hash)
        assert token == replace(first, exchange_time=NOW, successor_nonce="ab" * 32)
        assert await tx.sessions.get_token(token_hash("unknown")) is None


async def test_session__ends_once_and_others_with_it(store: Store) -> None:
    ada = await _kept_user(store)
    here, there, over = factories.session(ada), factories.session(ada), factories.session(ada, expire_time=NOW)
    async with store() as tx:
        for number, opened in enumerate((here, there, over)):
            await tx.sessions.add(opened, factories.refresh_token(opened, f"lr_{number}"))
        assert await tx.sessions.end_others(ada.id, here.id, EndReason.PASSWORD_CHANGED, NOW) == 1
        assert await tx.sessions.end(here.id, EndReason.SIGNED_OUT, NOW)
        assert not await tx.sessions.end(here.id, EndReason.TOKEN_REUSED, NOW)
        assert await tx.sessions.get(there.id) == replace(there, end_time=NOW, end_reason=EndReason.PASSWORD_CHANGED)


async def test_api_key__comes_back_and_is_listed_newest_first(store: Store) -> None:
    ada = await _kept_user(store)
    old = factories.api_key(ada, expire_time=NOW)
    new = factories.api_key(ada, create_time=NOW + timedelta(microseconds=1), project_ids=())
    async with store() as tx:
        await tx.api_keys.add(old)
        await tx.api_keys.add(new)
        assert await tx.api_keys.list_by_owner(ada.id, after=None, limit=5) == [new, old]
        assert await tx.api_keys.list_by_owner(ada.id, after=(new.create_time, new.id), limit=5) == [old]
        assert await tx.api_keys.count_live(ada.id, NOW) == 1
        await tx.api_keys.touch(new.id, NOW)
        await tx.api_keys.revoke(new.id, NOW)
        await tx.api_keys.revoke(new.id, NOW + timedelta(days=1))
        assert await tx.api_keys.get(new.id) == replace(new, last_use_time=NOW, revoke_time=NOW)
        assert await tx.api_keys.count_live(ada.id, NOW) == 0


async def test_signing_keys__newest_first(store: Store) -> None:
    keys = [SigningKey(f"kid{n}", "d", "x", NOW + timedelta(days=n)) for n in range(3)]
    async with store() as tx:
        for key in keys:
            await tx.signing_keys.add(key)
        assert await tx.signing_keys.list_created_since(NOW + timedelta(days=1)) == [keys[2], keys[1]]


async def test_audit__conditions_and_pages(store: Store) -> None:
    first = factories.audit_event()
    second = factories.audit_event(
        create_time=NOW + timedelta(seconds=1), outcome=Outcome.REFUSED, reason="INVALID_CREDENTIALS", actor=""
    )
    third = factories.audit_event(action=Action.CREATE_API_KEY, create_time=NOW + timedelta(seconds=2), target="k/1")
    async with store() as tx:
        for event in (first, second, third):
            await tx.audit.add(event)
        await tx.commit()

    async def found(**conditions: Any) -> list[str]:
        async with store(read_only=True) as tx:
            events = await tx.audit.list_newest_first(AuditQuery(**conditions), after=None, limit=9)
            return [event.id for event in events]

    async with store(read_only=True) as tx:
        page = await tx.audit.list_newest_first(AuditQuery(), after=(third.create_time, third.id), limit=1)
    assert page == [second]
    assert await found() == [third.id, second.id, first.id]
    assert await found(action="account.*") == [second.id, first.id]
    assert await found(action="account.sign_in", outcome=Outcome.SUCCEEDED) == [first.id]
    assert await found(actor="users/ada", start_time=NOW + timedelta(seconds=1)) == [third.id]
    assert await found(target="k/1", end_time=third.create_time) == []


async def test_purge__removes_what_ran_out_long_ago(store: Store) -> None:
    ada = await _kept_user(store)
    old, new = factories.verification(expire_time=NOW - timedelta(days=2)), factories.verification()
    gone, live = factories.session(ada, expire_time=NOW - timedelta(days=31)), factories.session(ada)
    async with store() as tx:
        for kept in (old, new):
            await tx.verifications.add(kept)
        for number, opened in enumerate((gone, live)):
            await tx.sessions.add(opened, factories.refresh_token(opened, f"lr_{number}"))
        await tx.commit()

    async with store() as tx:
        await tx.purge(NOW)
        await tx.commit()

    async with store(read_only=True) as tx:
        assert await tx.verifications.get(old.id) is None
        assert await tx.verifications.get(new.id) == new
        assert await tx.sessions.get(gone.id) is None
        assert await tx.sessions.get_token(token_hash("lr_0")) is None
        assert await tx.sessions.get(live.id) == live


async def test_audit__known_events_are_left_as_they_are(store: Store) -> None:
    first, second = factories.audit_event(), factories.audit_event(source="services/project")
    async with store() as tx:
        assert await tx.audit.add_new([first, first]) == 1
        await tx.commit()
    async with store() as tx:
        assert await tx.audit.add_new([replace(first, action="project.other"), second]) == 1
        await tx.commit()

    async with store(read_only=True) as tx:
        found = await tx.audit.list_newest_first(AuditQuery(), after=None, limit=10)
    assert {event.id: event for event in found} == {first.id: first, second.id: second}


@pytest.mark.parametrize("statement", ["UPDATE audit_events SET action = 'x.y'", "DELETE FROM audit_events"])
async def test_audit__the_database_refuses_changes(store: Store, statement: str) -> None:
    async with store() as tx:
        await tx.audit.add(factories.audit_event())
        await tx.commit()

    async with store() as tx:
        assert isinstance(tx, AuthUnitOfWork)
        with pytest.raises(DBAPIError, match="append-only"):
            await tx.session.execute(text(statement))


async def test_membership__one_request_a_person_and_the_person_knows_it(store: Store) -> None:
    quality, lab = factories.department("Quality"), factories.department("Lab")
    ada = await _kept_user(store)
    async with store() as tx:
        await tx.departments.add(quality)
        await tx.departments.add(lab)
        await tx.memberships.request(ids.new_id(), ada.id, lab.id, NOW)
        await tx.memberships.request(ids.new_id(), ada.id, quality.id, NOW)
        await tx.commit()

    async with store() as tx:
        (found,) = await tx.memberships.list_oldest_first(None, after=None, limit=10)
        assert found.user.requested_department_display_name == found.department_display_name == "Quality"
        assert await tx.memberships.get(found.id) == found
        assert not await tx.memberships.list_oldest_first(lab.id, after=None, limit=10)
        assert not await tx.memberships.list_oldest_first(quality.id, after=(NOW, found.id), limit=10)
        assert await tx.memberships.withdraw(ada.id)
        assert not await tx.memberships.withdraw(ada.id)
        assert await tx.users.get(ada.id) == ada


async def test_users__of_two_administrators_one_stays(store: Store) -> None:
    chiefs = [await _kept_user(store, factories.user(role=Role.ADMINISTRATOR)) for _ in range(2)]

    async def demote(chief: User) -> bool:
        async with store() as tx:
            if not await tx.users.has_other_administrator(chief.id):
                return False
            await asyncio.sleep(0.05)
            done = await tx.users.update(replace(chief, role=Role.MEMBER, version=2))
            await tx.commit()
            return done

    outcomes = await asyncio.gather(*map(demote, chiefs), return_exceptions=True)

    async with store(read_only=True) as tx:
        left = [chief for chief in chiefs if (await tx.users.get(chief.id) or chief).is_administrator]
    assert len(left) == 1, outcomes


async def test_users__claims_that_changed(store: Store) -> None:
    ada = await _kept_user(store, factories.user(claims_time=NOW))
    await _kept_user(store)

    async with store(read_only=True) as tx:
        assert list(await tx.users.list_claims_changed_since(NOW)) == [ada]
        assert not await tx.users.list_claims_changed_since(NOW + timedelta(seconds=1))
