"""Between the messages of loupe.auth.v1 and the domain, field by field."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from loupe.auth.v1 import (
    account_service_pb2,
    api_key_service_pb2,
    audit_service_pb2,
    department_service_pb2,
    key_service_pb2,
    membership_service_pb2,
    session_service_pb2,
    user_pb2,
    user_service_pb2,
)
from loupe_auth.domain import fields
from loupe_auth.domain.api_keys import ApiKey
from loupe_auth.domain.audit import AuditEvent, AuditQuery, CallInfo, Outcome
from loupe_auth.domain.sessions import Session
from loupe_auth.domain.signing_keys import SigningKey
from loupe_auth.domain.users import Department, MembershipRequest, Profile, User, UserQuery, UserState
from loupe_auth.use_cases.opening import SessionTokens
from loupe_auth.use_cases.update_me import ProfileChange
from loupe_kit import ids
from loupe_kit.caller import Role
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_kit.revocations import Revocations

_ROLES = {
    user_pb2.ROLE_MEMBER: Role.MEMBER,
    user_pb2.ROLE_SUPERVISOR: Role.SUPERVISOR,
    user_pb2.ROLE_ADMINISTRATOR: Role.ADMINISTRATOR,
}
_STATES = {user_pb2.User.STATE_ACTIVE: UserState.ACTIVE, user_pb2.User.STATE_DISABLED: UserState.DISABLED}
_OUTCOMES = {
    audit_service_pb2.AuditEvent.OUTCOME_SUCCEEDED: Outcome.SUCCEEDED,
    audit_service_pb2.AuditEvent.OUTCOME_REFUSED: Outcome.REFUSED,
}


def timestamp(time: datetime | None) -> Timestamp | None:
    """Returns the message of a time; None stays None, which leaves the field unset."""
    if time is None:
        return None
    message = Timestamp()
    message.FromDatetime(time)
    return message


def time(message: Message, field: str) -> datetime | None:
    """Returns the time in a field of a message, or None where it is unset.

    Raises:
        InvalidArgument: it is outside of the years 1 to 9999.
    """
    if not message.HasField(field):
        return None
    value: Timestamp = getattr(message, field)
    try:
        return value.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise fields.invalid(field, "is not a time between the years 1 and 9999") from error


def resource_id(field: str, name: str, collection: str) -> str:
    """Returns the id in a resource name.

    Args:
        field: field that holds the name, for the error.
        name: such as `users/0193…`.
        collection: such as `users`.

    Raises:
        InvalidArgument: the name has another form.
    """
    head, _, tail = name.partition("/")
    if head == collection:
        try:
            return str(ids.parse_id(tail))
        except ids.IdInvalid:
            pass
    description = f"must read {collection}/<id>"
    raise InvalidArgument(
        f"{field} {description}, this is {name[:100]!r}.", fields=[FieldViolation(field, description)], field=field
    )


def optional_id(field: str, name: str, collection: str) -> str | None:
    """Returns the id in a resource name, or None for the empty one."""
    return resource_id(field, name, collection) if name else None


def version(field: str, etag: str) -> int | None:
    """Returns the version that an etag stands for, or None for the empty one."""
    if not etag:
        return None
    if not (etag.isascii() and etag.isdigit() and len(etag) < 10):
        raise fields.invalid(field, "is not an etag of ours; take the one of the resource as it was read")
    return int(etag)


def paths(mask: FieldMask, message: Message, updatable: Sequence[str]) -> frozenset[str]:
    """Returns the paths to change: those of the mask, or the set ones where there is no mask.

    Raises:
        InvalidArgument: a path does not exist or cannot be changed.
    """
    if not mask.paths:
        return frozenset(path for path in updatable if getattr(message, path))
    if list(mask.paths) == ["*"]:
        return frozenset(updatable)
    wrong = sorted(set(mask.paths) - set(updatable))
    if wrong:
        choice = ", ".join(updatable)
        raise InvalidArgument(
            f"update_mask: {wrong[0][:100]!r} cannot be changed here; possible are {choice}.",
            fields=[FieldViolation("update_mask", f"{path[:100]!r} is not among {choice}") for path in wrong],
            path=wrong[0][:100],
        )
    return frozenset(mask.paths)


def user(person: User, *, show_private: bool) -> user_pb2.User:
    """Returns the message of a person; the address only where the caller may see it."""
    profile = person.profile
    return user_pb2.User(
        name=f"users/{person.id}",
        display_name=profile.display_name,
        email=person.email if show_private else "",
        department=_department_name(profile.department_id),
        department_display_name=person.department_display_name,
        duty=profile.duty,
        location=profile.location,
        role=user_pb2.Role.Value(f"ROLE_{person.role.value}"),
        state=user_pb2.User.State.Value(f"STATE_{person.state.value}"),
        create_time=timestamp(person.create_time),
        update_time=timestamp(person.update_time),
        etag=str(person.version),
        requested_department=_department_name(person.requested_department_id) if show_private else "",
        requested_department_display_name=person.requested_department_display_name if show_private else "",
    )


def profile_change(
    request: account_service_pb2.UpdateMeRequest | user_service_pb2.UpdateUserRequest, updatable: Sequence[str]
) -> ProfileChange:
    """Returns the change of a profile that a request asks for."""
    wanted = request.user
    return ProfileChange(
        profile=Profile(
            display_name=wanted.display_name,
            department_id=optional_id("user.department", wanted.department, "departments"),
            duty=wanted.duty,
            location=wanted.location,
        ),
        paths=paths(request.update_mask, wanted, updatable),
        expected_version=version("user.etag", wanted.etag),
    )


def role(value: user_pb2.Role.ValueType) -> Role | None:
    """Returns the role, or None where it is unspecified or unknown."""
    return _ROLES.get(value)


def user_query(request: user_service_pb2.ListUsersRequest) -> UserQuery:
    """Returns the conditions of a list of people."""
    return UserQuery(
        display_name_contains=request.display_name_contains,
        department_id=optional_id("department", request.department, "departments"),
        email_contains=request.email_contains,
        role=role(request.role),
        state=_STATES.get(request.state),
    )


def membership_request(value: MembershipRequest) -> membership_service_pb2.MembershipRequest:
    """Returns the message of a request, for those who decide on it."""
    return membership_service_pb2.MembershipRequest(
        name=f"membershipRequests/{value.id}",
        user=f"users/{value.user.id}",
        user_display_name=value.user.profile.display_name,
        user_email=value.user.email,
        department=_department_name(value.department_id),
        department_display_name=value.department_display_name,
        create_time=timestamp(value.create_time),
    )


def _department_name(department_id: str | None) -> str:
    return f"departments/{department_id}" if department_id else ""


def session_tokens(tokens: SessionTokens) -> account_service_pb2.SessionTokens:
    """Returns the message of an opened or renewed session."""
    return account_service_pb2.SessionTokens(
        session=f"sessions/{tokens.session.id}",
        access_token=tokens.access_token,
        access_token_expire_time=timestamp(tokens.access_token_expire_time),
        refresh_token=tokens.refresh_token,
        refresh_token_expire_time=timestamp(tokens.refresh_token_expire_time),
        session_expire_time=timestamp(tokens.session.expire_time),
        user=user(tokens.user, show_private=True),
        device_token=tokens.device_token,
    )


def session(value: Session, current_id: str | None) -> session_service_pb2.Session:
    """Returns the message of a session; `current_id` is that of the call."""
    return session_service_pb2.Session(
        name=f"sessions/{value.id}",
        user_agent=value.user_agent,
        client_address=value.client_address,
        create_time=timestamp(value.create_time),
        last_use_time=timestamp(value.last_use_time),
        expire_time=timestamp(value.expire_time),
        is_current=value.id == current_id,
    )


def revocations(value: Revocations) -> session_service_pb2.ListRevocationsResponse:
    """Returns the message of what running tokens say wrongly."""
    return session_service_pb2.ListRevocationsResponse(
        ended_sessions=ids.pack_ids(sorted(value.ended_sessions)),
        claims=[
            session_service_pb2.ListRevocationsResponse.Claims(
                user=f"users/{user_id}",
                department=f"departments/{claims.department_id}" if claims.department_id else "",
                role=user_pb2.Role.Value(f"ROLE_{claims.role.value}"),
            )
            for user_id, claims in value.claims.items()
        ],
    )


def department(value: Department) -> department_service_pb2.Department:
    """Returns the message of a department."""
    return department_service_pb2.Department(
        name=f"departments/{value.id}",
        display_name=value.display_name,
        description=value.description,
        create_time=timestamp(value.create_time),
        update_time=timestamp(value.update_time),
        etag=str(value.version),
    )


def api_key(key: ApiKey, now: datetime) -> api_key_service_pb2.ApiKey:
    """Returns the message of a key, without its secret."""
    states = api_key_service_pb2.ApiKey
    state = states.STATE_ACTIVE if key.is_live(now) else states.STATE_EXPIRED
    return api_key_service_pb2.ApiKey(
        name=f"apiKeys/{key.id}",
        display_name=key.display_name,
        owner=f"users/{key.owner_id}",
        scopes=key.scopes,
        projects=[f"projects/{project_id}" for project_id in key.project_ids],
        expire_time=timestamp(key.expire_time),
        state=states.STATE_REVOKED if key.revoke_time else state,
        create_time=timestamp(key.create_time),
        last_use_time=timestamp(key.last_use_time),
        revoke_time=timestamp(key.revoke_time),
        previous_secret_expire_time=timestamp(key.previous_expire_time if key.has_previous(now) else None),
    )


def json_web_key(key: SigningKey) -> key_service_pb2.JsonWebKey:
    """Returns the public half of a signing key."""
    return key_service_pb2.JsonWebKey(kty="OKP", crv="Ed25519", x=key.public_key, kid=key.id, alg="Ed25519", use="sig")


def audit_event(event: AuditEvent) -> audit_service_pb2.AuditEvent:
    """Returns the message of an event."""
    return audit_service_pb2.AuditEvent(
        name=f"auditEvents/{event.id}",
        create_time=timestamp(event.create_time),
        action=event.action,
        outcome=audit_service_pb2.AuditEvent.Outcome.Value(f"OUTCOME_{event.outcome.value}"),
        actor=event.actor,
        actor_display_name=event.actor_display_name,
        target=event.target,
        client_address=event.call.client_address,
        user_agent=event.call.user_agent,
        call_id=event.call.call_id,
        reason=event.reason,
        details=event.details,
        source=event.source,
    )


def recorded_event(message: audit_service_pb2.AuditEvent, source: str) -> AuditEvent:
    """Returns the event that another service reports.

    Args:
        message: as it came.
        source: resource name of the service.

    Raises:
        InvalidArgument: id, time or outcome is missing.
    """
    create_time = time(message, "create_time")
    if create_time is None or message.outcome not in _OUTCOMES:
        field = "create_time" if create_time is None else "outcome"
        raise fields.invalid(f"audit_events.{field}", "must be set")
    return AuditEvent(
        id=resource_id("audit_events.name", message.name, "auditEvents"),
        create_time=create_time,
        action=message.action,
        outcome=_OUTCOMES[message.outcome],
        actor=message.actor,
        actor_display_name=message.actor_display_name,
        target=message.target,
        call=CallInfo(message.client_address, message.user_agent, message.call_id),
        reason=message.reason,
        details=dict(message.details),
        source=source,
    )


def audit_query(
    request: audit_service_pb2.ListAuditEventsRequest | audit_service_pb2.ExportAuditEventsRequest,
) -> AuditQuery:
    """Returns the conditions of a search in the audit."""
    return AuditQuery(
        start_time=time(request, "start_time"),
        end_time=time(request, "end_time"),
        actor=request.actor,
        action=request.action,
        target=request.target,
        outcome=_OUTCOMES.get(request.outcome),
        client_address=request.client_address,
    )
