"""Watching a project for drift: setting it up, ending it, reading what was found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlsplit

from loupe_kit import ids, paging
from loupe_kit.clock import Clock
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain import audit
from loupe_project.domain import drift_watch as rules
from loupe_project.domain.drift_watch import DriftAlert, DriftPoint, DriftWatch
from loupe_project.domain.errors import DriftWatchNotFound, DriftWebhookMissing
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.look_for_drift import UNCOMMITTED
from loupe_project.use_cases.measure_drift import group_field
from loupe_project.use_cases.search_images import read_query
from loupe_project.use_cases.tell_of_drift import may_be_told

MAX_URL = 1_000
MIN_SECRET, MAX_SECRET = 16, 200
MAX_QUERY = 10_000


@dataclass(frozen=True, slots=True)
class WatchWish:
    """What a watch shall be; None leaves it as it is."""

    reference: str | None = None
    group_by: str | None = None
    every_images: int | None = None
    webhook_url: str | None = None
    webhook_secret: str | None = None
    mail_users: tuple[str, ...] | None = None
    """Ids of users."""


async def get_watch(store: Store, scope: Scope, project_id: str) -> tuple[Project, DriftWatch]:
    """The watch of a project.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        DriftWatchNotFound: If it is not watched.
    """
    project = await access.viewer(store, scope, project_id)
    return project, await _existing(store, project_id)


async def update_watch(
    store: Store,
    scope: Scope,
    project_id: str,
    wish: WatchWish,
    clock: Clock,
    people: Mapping[str, Scope | None],
) -> tuple[Project, DriftWatch]:
    """Set a watch up, or change it; another reference or grouping begins a new history.

    Args:
        store: Open transaction.
        scope: Of the caller.
        project_id: Which.
        wish: What it shall be.
        clock: Dates it.
        people: What exists for each of `wish.mail_users`.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
        InvalidArgument: If a value is out of its range.
        QueryInvalid: If the reference cannot be read.
    """
    project, now = await access.editor(store, scope, project_id), clock.now()
    before = await store.drift.get_watch(project_id, for_change=True)
    watch = before or DriftWatch(
        project_id=project_id,
        epoch=1,
        reference="",
        group_by="",
        every_images=0,
        webhook_url="",
        webhook_secret="",
        creator=scope.principal,
        create_time=now,
        update_time=now,
        start_time=now - rules.LOOK_BACK,
        cursor_id="",
        next_look_time=now,
    )
    await _check_people(store, project, wish.mail_users or (), people)
    watch = _with_wish(watch, wish, project, clock)
    if before is not None and (watch.reference, watch.group_by) != (before.reference, before.group_by):
        watch = replace(watch, epoch=watch.epoch + 1, start_time=now - rules.LOOK_BACK, cursor_id="", look_time=None)
        await store.drift.forget_findings(project_id)
    # Whatever changed, the next look is due: it finds out when the one after is.
    watch = replace(watch, update_time=now, next_look_time=now, problem="")
    await store.drift.put_watch(watch)
    await _tell_audit(store, scope, before, watch)
    return project, watch


async def delete_watch(store: Store, scope: Scope, project_id: str) -> None:
    """End a watch; its history is deleted. Nothing happens where there is none.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
    """
    await access.editor(store, scope, project_id)
    await store.drift.delete_watch(project_id)


async def want_look(store: Store, scope: Scope, project_id: str, clock: Clock) -> tuple[Project, DriftWatch]:
    """Have the next look begin as soon as what was just uploaded is committed.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
        DriftWatchNotFound: If it is not watched.
    """
    project, now = await access.editor(store, scope, project_id), clock.now()
    watch = await _existing(store, project_id, for_change=True)
    watch = replace(watch, update_time=now, next_look_time=now + UNCOMMITTED, look_wanted=True)
    await store.drift.put_watch(watch)
    return project, watch


async def try_alert(store: Store, scope: Scope, project_id: str, clock: Clock) -> DriftAlert:
    """An alert that only tries how alerts arrive, on its way when the transaction is committed.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
        DriftWatchNotFound: If it is not watched.
        DriftWebhookMissing: If nobody is told in any way.
    """
    await access.editor(store, scope, project_id)
    watch, now = await _existing(store, project_id), clock.now()
    if not watch.channels:
        raise DriftWebhookMissing("The watch tells nobody; set webhook_url or mail_users first.", project=project_id)
    alert = DriftAlert(
        id=ids.new_id(),
        project_id=project_id,
        value="",
        verdict=None,
        sentence="This is a test: alerts about drift arrive like this.",
        sentence_ko="시험 알림입니다. 변화 알림은 이렇게 도착합니다.",
        query="",
        create_time=now,
        is_test=True,
    ).to_be_told(watch)
    await store.drift.add_alerts([alert])
    return alert


async def list_points(
    store: Store, scope: Scope, project_id: str, value: str | None, page_size: int, page_token: str
) -> tuple[DriftWatch, Sequence[DriftPoint], str]:
    """A page of the history, newest first, the watch, and the token of the next page.

    It was measured over all images; who does not see all of them would learn of the others, and is given none.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        DriftWatchNotFound: If it is not watched.
        PageTokenInvalid: If the token is not one of this list.
    """
    _, watch = await get_watch(store, scope, project_id)
    limit = paging.clamp_page_size(page_size)
    key = paging.filter_hash("drift points", project_id, watch.epoch, value)
    token = [str(part) for part in paging.decode_token(page_token, key)]
    if not await store.images.sees_all(scope, project_id):
        return watch, (), ""
    before = (date.fromisoformat(token[0]), token[1]) if len(token) == 2 else None
    found = await store.drift.points(project_id, value, before=before, limit=limit + 1)
    if len(found) <= limit:
        return watch, found, ""
    end = found[limit - 1]
    return watch, found[:limit], paging.encode_token((end.day.isoformat(), end.id), key)


async def list_alerts(
    store: Store, scope: Scope, project_id: str, page_size: int, page_token: str
) -> tuple[Sequence[DriftAlert], str]:
    """A page of alerts, newest first, and the token of the next one; as `list_points`.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        DriftWatchNotFound: If it is not watched.
        PageTokenInvalid: If the token is not one of this list.
    """
    await get_watch(store, scope, project_id)
    limit = paging.clamp_page_size(page_size)
    key = paging.filter_hash("drift alerts", project_id)
    before = "".join(str(part) for part in paging.decode_token(page_token, key))
    if not await store.images.sees_all(scope, project_id):
        return (), ""
    found = await store.drift.alerts(project_id, before=before, limit=limit + 1)
    if len(found) <= limit:
        return found, ""
    return found[:limit], paging.encode_token((found[limit - 1].id,), key)


async def _existing(store: Store, project_id: str, *, for_change: bool = False) -> DriftWatch:
    watch = await store.drift.get_watch(project_id, for_change=for_change)
    if watch is None:
        raise DriftWatchNotFound(
            "This project is not watched for drift; set a watch up with a reference such as tag:golden.",
            project=project_id,
        )
    return watch


def _with_wish(watch: DriftWatch, wish: WatchWish, project: Project, clock: Clock) -> DriftWatch:
    if wish.reference is not None:
        watch = replace(watch, reference=wish.reference.strip())
    if not watch.reference:
        raise _invalid("reference", "must be a query", "A watch needs a reference, such as tag:golden; an empty query "
                       "would take all images for usual.")  # fmt: skip
    if len(watch.reference) > MAX_QUERY:
        raise _invalid("reference", f"must have at most {MAX_QUERY:,} characters", "The reference is too long.")
    read_query(watch.reference, project, clock)
    if wish.group_by is not None:
        name = wish.group_by.strip()
        watch = replace(watch, group_by=group_field(name).name if name else "")
    if wish.every_images is not None:
        watch = replace(watch, every_images=_checked_every(wish.every_images))
    if wish.webhook_url is not None:
        url = checked_url(wish.webhook_url.strip())
        watch = replace(watch, webhook_url=url, webhook_secret=watch.webhook_secret if url else "")
    if wish.webhook_secret is not None:
        watch = replace(watch, webhook_secret=_checked_secret(wish.webhook_secret))
    if wish.mail_users is not None:
        watch = replace(watch, mail_users=wish.mail_users)
    return watch


async def _check_people(
    store: Store, project: Project, user_ids: Sequence[str], people: Mapping[str, Scope | None]
) -> None:
    if len(user_ids) > rules.MAX_MAIL_USERS:
        raise _invalid(
            "mail_users",
            f"must name at most {rules.MAX_MAIL_USERS} people",
            f"{len(user_ids)} people are too many; take {rules.MAX_MAIL_USERS}, or a webhook that tells the others.",
        )
    for user_id in user_ids:
        if not await may_be_told(store, people[user_id], project.id):
            raise _invalid(
                "mail_users",
                "must name people who see every image of the project",
                f"users/{user_id} does not see every image of this project, over which drift is measured; share it "
                "with him, or leave him out.",
            )


async def _tell_audit(store: Store, scope: Scope, before: DriftWatch | None, after: DriftWatch) -> None:
    """Who is told from now on: alerts take something of the project out of Loupe."""
    if before is not None and (before.webhook_url, before.mail_users) == (after.webhook_url, after.mail_users):
        return
    if before is None and not after.channels:
        return
    # Paths of addresses may hold secrets.
    facts = {
        "webhook_host": urlsplit(after.webhook_url).hostname or "",
        "mail_users": " ".join(f"users/{one}" for one in after.mail_users),
    }
    await store.audit.add(audit.event(scope, audit.Action.TELL_OF_DRIFT, after.name, after.update_time, **facts))


def _checked_every(count: int) -> int:
    if count and not rules.MIN_EVERY <= count <= rules.MAX_EVERY:
        raise _invalid(
            "every_images",
            f"must be 0, or lie in {rules.MIN_EVERY} to {rules.MAX_EVERY}",
            f"every_images is {count}; give {rules.MIN_EVERY} to {rules.MAX_EVERY:,}, or 0 for once a day.",
        )
    return count


def _checked_secret(secret: str) -> str:
    if secret and not MIN_SECRET <= len(secret) <= MAX_SECRET:
        raise _invalid(
            "webhook_secret",
            f"must have {MIN_SECRET} to {MAX_SECRET} characters",
            f"The secret has {len(secret)} characters; give {MIN_SECRET} to {MAX_SECRET}, or none.",
        )
    return secret


def checked_url(url: str) -> str:
    """The address of a webhook; empty: none.

    Raises:
        InvalidArgument: If it is no http or https address, or holds a user's name.
    """
    if not url:
        return ""
    rule = f"must be an http or https address of at most {MAX_URL:,} characters, without a user's name"
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        is_good = is_good and (parts.port is None or parts.port > 0) and not parts.fragment
    except ValueError:
        is_good = False
    if not is_good or len(url) > MAX_URL or not url.isascii() or any(sign <= " " for sign in url):
        raise _invalid("webhook_url", rule, f"{url[:100]!r} cannot be a webhook: it {rule}.")
    return url


def _invalid(field: str, rule: str, message: str) -> InvalidArgument:
    return InvalidArgument(message, fields=[FieldViolation(f"drift_watch.{field}", rule)])
