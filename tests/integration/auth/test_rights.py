"""Roles and departments: who may let whom in, move, raise and close, and that it counts at once."""

from __future__ import annotations

import pytest

from loupe.auth.v1 import account_service_pb2 as account
from loupe.auth.v1 import department_service_pb2 as department
from loupe.auth.v1 import membership_service_pb2 as pb
from loupe.auth.v1 import user_pb2
from loupe.auth.v1 import user_service_pb2 as users
from loupe_kit.caller import Role
from loupe_kit.errors import Code, Unauthenticated
from loupe_kit.testing import bearer
from tests.integration.auth.conftest import ADMIN, Auth, Metadata
from tests.integration.auth.test_account_journey import refusal

ADA, BO, CY = "ada@plant.example", "bo@plant.example", "cy@plant.example"


class Plant:
    """Two departments; Bo is supervisor of Quality."""

    def __init__(self, auth: Auth) -> None:
        self.auth = auth

    async def build(self) -> Plant:
        self.admin = await self.auth.as_person(ADMIN)
        self.quality, self.lab = [await self._department(name) for name in ("Quality", "Lab")]
        self.bo = (await self.auth.sign_up(BO, "Bo")).user.name
        await self.update(self.bo, self.admin, department=self.quality, role=user_pb2.ROLE_SUPERVISOR)
        self.as_bo = await self.auth.as_person(BO)
        return self

    async def _department(self, name: str) -> str:
        wanted = department.CreateDepartmentRequest(department=department.Department(display_name=name))
        return (await self.auth.departments.CreateDepartment(wanted, metadata=self.admin)).name

    async def update(self, name: str, metadata: Metadata, **fields: object) -> user_pb2.User:
        request = users.UpdateUserRequest(user=user_pb2.User(name=name, **fields))  # type: ignore[arg-type]
        request.update_mask.paths.extend(fields)
        return await self.auth.users.UpdateUser(request, metadata=metadata)

    async def requests(self, metadata: Metadata, **fields: str) -> list[pb.MembershipRequest]:
        request = pb.ListMembershipRequestsRequest(**fields)  # type: ignore[arg-type]
        return list(
            (await self.auth.memberships.ListMembershipRequests(request, metadata=metadata)).membership_requests
        )


@pytest.fixture
async def plant(auth: Auth) -> Plant:
    return await Plant(auth).build()


async def test_membership__supervisor_lets_in_and_the_claims_follow_within_five_seconds(plant: Plant) -> None:
    auth = plant.auth
    ada = (await auth.sign_up(ADA, department=plant.quality)).user
    assert (ada.department, ada.requested_department) == ("", plant.quality)
    tokens = await auth.sign_in(ADA)
    before = await auth.authenticator.authenticate(f"Bearer {tokens.access_token}")
    (request,) = await plant.requests(plant.as_bo)
    assert (request.user, request.user_email, request.department) == (ada.name, ADA, plant.quality)

    approved = await auth.memberships.ApproveMembershipRequest(
        pb.ApproveMembershipRequestRequest(name=request.name), metadata=plant.as_bo
    )

    auth.later(seconds=5)
    after = await auth.authenticator.authenticate(f"Bearer {tokens.access_token}")
    assert (before.department_id, after.department_id) == (None, plant.quality.partition("/")[2])
    assert (approved.department, approved.requested_department) == (plant.quality, "")
    again = pb.ApproveMembershipRequestRequest(name=request.name)
    gone = await refusal(auth.memberships.ApproveMembershipRequest(again, metadata=plant.as_bo))
    assert gone.reason == "MEMBERSHIP_REQUEST_NOT_FOUND"


async def test_membership__declined_leaves_the_person_where_he_is(plant: Plant) -> None:
    auth = plant.auth
    await auth.sign_up(ADA, department=plant.quality)
    (request,) = await plant.requests(plant.admin)

    await auth.memberships.DeclineMembershipRequest(
        pb.DeclineMembershipRequestRequest(name=request.name), metadata=plant.as_bo
    )

    me = await auth.accounts.GetMe(account.GetMeRequest(), metadata=await auth.as_person(ADA))
    assert (me.department, me.requested_department) == ("", "")


async def test_membership__nobody_else_decides(plant: Plant) -> None:
    auth = plant.auth
    await auth.sign_up(ADA, department=plant.lab)
    await auth.sign_up(CY, department=plant.quality)
    (for_lab,) = await plant.requests(plant.admin, department=plant.lab)
    approve = pb.ApproveMembershipRequestRequest(name=for_lab.name)

    for metadata in (plant.as_bo, await auth.as_person(ADA)):
        refused = await refusal(auth.memberships.ApproveMembershipRequest(approve, metadata=metadata))
        assert refused.reason == "MEMBERSHIP_REQUEST_NOT_FOUND"
    assert [request.user_email for request in await plant.requests(plant.as_bo)] == [CY]
    assert await plant.requests(plant.as_bo, department=plant.lab) == []
    assert await plant.requests(await auth.as_person(ADA)) == []


async def test_update_me__another_department_is_a_request_and_leaving_is_not(plant: Plant) -> None:
    auth = plant.auth

    async def change(name: str) -> user_pb2.User:
        request = account.UpdateMeRequest(user=user_pb2.User(department=name))
        request.update_mask.paths.append("department")
        return await auth.accounts.UpdateMe(request, metadata=plant.as_bo)

    asked = await change(plant.lab)
    assert (asked.department, asked.requested_department, asked.role) == (
        plant.quality,
        plant.lab,
        user_pb2.ROLE_SUPERVISOR,
    )
    back = await change(plant.quality)
    assert (back.department, back.requested_department) == (plant.quality, "")
    left = await change("")
    assert (left.department, left.role) == ("", user_pb2.ROLE_MEMBER)


async def test_supervisor__sends_his_people_elsewhere_and_does_nothing_else(plant: Plant) -> None:
    auth = plant.auth
    ada, cy = (await auth.sign_up(ADA)).user.name, (await auth.sign_up(CY)).user.name
    await plant.update(ada, plant.admin, department=plant.quality)

    sent = await plant.update(ada, plant.as_bo, department=plant.lab)

    assert (sent.department, (await plant.requests(plant.admin))[0].department) == ("", plant.lab)
    for name, fields in (
        (cy, {"department": plant.quality}),
        (ada, {"department": plant.quality}),
        (plant.bo, {"role": user_pb2.ROLE_ADMINISTRATOR}),
        (plant.bo, {"department": "", "duty": "chief"}),
    ):
        refused = await refusal(plant.update(name, plant.as_bo, **fields))
        assert (refused.code, refused.reason) == (Code.PERMISSION_DENIED, "ADMINISTRATOR_REQUIRED")


async def test_supervisor__of_another_department_is_a_member_there(plant: Plant) -> None:
    moved = await plant.update(plant.bo, plant.admin, department=plant.lab)
    with_role = await plant.update(plant.bo, plant.admin, department=plant.quality, role=user_pb2.ROLE_SUPERVISOR)
    nowhere = await refusal(plant.update(plant.bo, plant.admin, department="", role=user_pb2.ROLE_SUPERVISOR))

    assert (moved.role, with_role.role) == (user_pb2.ROLE_MEMBER, user_pb2.ROLE_SUPERVISOR)
    assert nowhere.fields[0].field == "user.role"


async def test_role__taken_away_counts_at_once(plant: Plant) -> None:
    auth = plant.auth
    tokens = await auth.sign_in(BO)
    await plant.update(plant.bo, plant.admin, role=user_pb2.ROLE_MEMBER)

    auth.later(seconds=5)

    caller = await auth.authenticator.authenticate(f"Bearer {tokens.access_token}")
    assert caller.role is Role.MEMBER
    assert await plant.requests(bearer(tokens.access_token)) == []


async def test_disable__closes_the_account_and_enable_opens_it(plant: Plant) -> None:
    auth = plant.auth
    tokens = await auth.sign_in(BO)
    request = users.DisableUserRequest(name=plant.bo)
    by_bo = await refusal(auth.users.DisableUser(request, metadata=plant.as_bo))
    assert by_bo.reason == "ADMINISTRATOR_REQUIRED"

    disabled = await auth.users.DisableUser(request, metadata=plant.admin)
    await auth.users.DisableUser(request, metadata=plant.admin)

    assert disabled.state == user_pb2.User.STATE_DISABLED
    auth.later(seconds=5)
    with pytest.raises(Unauthenticated):
        await auth.authenticator.authenticate(f"Bearer {tokens.access_token}")
    refresh = account.RefreshSessionRequest(refresh_token=tokens.refresh_token)
    assert (await refusal(auth.accounts.RefreshSession(refresh))).reason == "SESSION_ENDED"
    assert (await refusal(auth.sign_in(BO))).reason == "ACCOUNT_DISABLED"
    await auth.users.EnableUser(users.EnableUserRequest(name=plant.bo), metadata=plant.admin)
    assert (await auth.sign_in(BO)).user.name == plant.bo


async def test_last_administrator__stays(plant: Plant) -> None:
    auth = plant.auth
    chief = (await auth.accounts.GetMe(account.GetMeRequest(), metadata=plant.admin)).name

    demoted = await refusal(plant.update(chief, plant.admin, role=user_pb2.ROLE_MEMBER))
    disabled = await refusal(auth.users.DisableUser(users.DisableUserRequest(name=chief), metadata=plant.admin))

    assert {demoted.reason, disabled.reason} == {"LAST_ADMINISTRATOR"}
    await plant.update(plant.bo, plant.admin, role=user_pb2.ROLE_ADMINISTRATOR)
    assert (await plant.update(chief, plant.admin, role=user_pb2.ROLE_MEMBER)).role == user_pb2.ROLE_MEMBER


async def test_search__filters_of_administrators(plant: Plant) -> None:
    auth = plant.auth
    ada = (await auth.sign_up(ADA, "Ada")).user.name
    await auth.users.DisableUser(users.DisableUserRequest(name=ada), metadata=plant.admin)

    async def found(metadata: Metadata, **fields: object) -> list[str]:
        answer = await auth.users.ListUsers(users.ListUsersRequest(**fields), metadata=metadata)  # type: ignore[arg-type]
        return [user.display_name for user in answer.users]

    assert await found(plant.admin, role=user_pb2.ROLE_SUPERVISOR) == ["Bo"]
    assert await found(plant.admin, state=user_pb2.User.STATE_DISABLED) == ["Ada"]
    assert await found(plant.admin, email_contains="ADA@") == ["Ada"]
    assert await found(plant.as_bo, department=plant.quality) == ["Bo"]
    for field, value in (("email_contains", "a"), ("state", user_pb2.User.STATE_DISABLED)):
        refused = await refusal(found(plant.as_bo, **{field: value}))
        assert refused.reason == "ADMINISTRATOR_REQUIRED"
