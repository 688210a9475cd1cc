"""Alerts about drift in both databases, and how they reach people."""

from dataclasses import replace
from datetime import timedelta

import pytest

from loupe_kit import ids
from loupe_kit.errors import InvalidArgument, Unavailable
from loupe_project.domain.drift import Verdict
from loupe_project.domain.drift_watch import AlertState, Channel
from loupe_project.domain.image_access import AccessMode, AccessWish
from loupe_project.domain.project import Member, PrincipalKind, ProjectRole
from loupe_project.use_cases import drift_watches
from tests.contract.ports.project.builders import LOUPE
from tests.contract.ports.project.drift_plant import BLURRED, SHARP, Plant


async def test_alerts__once_until_it_was_quiet_again(plant: Plant) -> None:
    await plant.update(reference="tag:golden", webhook_url="https://hooks.example/loupe")
    for sharpness in (BLURRED, BLURRED, SHARP, BLURRED):
        await plant.upload(40, plant.clock.now(), sharpness=sharpness)
        await plant.look_now()

    assert [one.group.verdict for one in await plant.points()] == [
        Verdict.LOOK,
        Verdict.QUIET,
        Verdict.LOOK,
        Verdict.LOOK,
    ]
    assert len(await plant.alerts()) == 2


async def test_alerts__are_tried_again_and_signed(plant: Plant) -> None:
    plant.webhook.refusals = 2
    await plant.update(reference="tag:golden", webhook_url="https://hooks.example/loupe", webhook_secret="s" * 16)
    await plant.upload(40, plant.clock.now(), sharpness=BLURRED)
    await plant.look_now()

    assert await plant.watcher.deliver_once(Channel.WEBHOOK)
    assert not await plant.watcher.deliver_once(Channel.WEBHOOK)
    (alert,) = await plant.alerts()
    posted = alert.deliveries[Channel.WEBHOOK]
    assert (posted.state, posted.attempt_count, posted.answer) == (
        AlertState.SENDING,
        1,
        "The webhook answered HTTP 503.",
    )
    for _ in range(2):
        plant.clock.advance(timedelta(seconds=3600))
        assert await plant.watcher.deliver_once(Channel.WEBHOOK)

    (alert,) = await plant.alerts()
    posted = alert.deliveries[Channel.WEBHOOK]
    assert (posted.state, posted.attempt_count, posted.answer) == (AlertState.DELIVERED, 3, "HTTP 204")
    assert not await plant.watcher.deliver_once(Channel.WEBHOOK)
    (_, event, headers), *others = plant.webhook.posted
    assert event["event"] == "drift.alert"
    assert {one["id"] for _, one, _ in others} == {event["id"], alert.id} == {headers["X-Loupe-Event-Id"]}
    assert headers["X-Loupe-Signature"].startswith("t=")


async def test_alerts__are_given_up(plant: Plant) -> None:
    plant.webhook.refusals = 100
    await plant.update(reference="tag:golden", webhook_url="https://hooks.example/loupe")
    await plant.upload(40, plant.clock.now(), sharpness=BLURRED)
    await plant.look_now()

    tries = 0
    while await plant.watcher.deliver_once(Channel.WEBHOOK):
        tries += 1
        plant.clock.advance(timedelta(seconds=24 * 3600))

    (alert,) = await plant.alerts()
    posted = alert.deliveries[Channel.WEBHOOK]
    assert (posted.state, posted.attempt_count, tries) == (AlertState.FAILED, 6, 6)


async def test_test_alert__tells_at_once_when_it_fails(plant: Plant) -> None:
    plant.webhook.refusals = 1
    await plant.update(reference="tag:golden", webhook_url="https://hooks.example/loupe")
    async with plant.units() as unit:
        await drift_watches.try_alert(unit, plant.scope, plant.project.id, plant.clock)
        await unit.commit()

    assert await plant.watcher.deliver_once(Channel.WEBHOOK)

    (alert,) = await plant.alerts()
    assert (alert.is_test, alert.deliveries[Channel.WEBHOOK].state) == (True, AlertState.FAILED)
    assert plant.webhook.posted[0][1]["event"] == "drift.test"


async def blur(plant: Plant) -> None:
    """A conspicuous group comes, and is found."""
    await plant.upload(40, plant.clock.now(), sharpness=BLURRED)
    await plant.look_now()


async def test_mail__one_to_each_in_both_languages(plant: Plant) -> None:
    ada, bob = plant.project.owner_id, await viewer(plant)
    plant.employ(ada, bob)
    await plant.update(reference="tag:golden", mail_users=(ada, bob))
    await blur(plant)

    assert await plant.watcher.deliver_once(Channel.MAIL)
    assert not await plant.watcher.deliver_once(Channel.MAIL)
    assert not await plant.watcher.deliver_once(Channel.WEBHOOK)

    ((to, subject, text),) = plant.mails.sent
    (alert,) = await plant.alerts()
    assert to == [ada, bob]
    assert "look at it / " in subject
    assert alert.sentence in text
    assert alert.sentence_ko in text
    assert alert.query in text
    mailed = alert.deliveries[Channel.MAIL]
    assert (mailed.state, mailed.answer) == (AlertState.DELIVERED, "2 of 2 mailed")
    assert alert.deliveries[Channel.WEBHOOK].state is AlertState.KEPT


async def test_mail__again_to_those_who_were_not_reached(plant: Plant) -> None:
    ada, bob = plant.project.owner_id, await viewer(plant)
    plant.employ(ada, bob)
    plant.mails.failures = {bob: "the mail server did not take it"}
    await plant.update(reference="tag:golden", mail_users=(ada, bob))
    await blur(plant)

    assert await plant.watcher.deliver_once(Channel.MAIL)
    (alert,) = await plant.alerts()
    mailed = alert.deliveries[Channel.MAIL]
    assert (mailed.state, mailed.answer) == (
        AlertState.SENDING,
        f"1 of 2 mailed; users/{bob}: the mail server did not take it",
    )
    plant.mails.failures = {}
    plant.clock.advance(timedelta(hours=1))
    assert await plant.watcher.deliver_once(Channel.MAIL)

    assert [to for to, _, _ in plant.mails.sent] == [[ada, bob], [bob]]
    (alert,) = await plant.alerts()
    assert alert.deliveries[Channel.MAIL].state is AlertState.DELIVERED


async def test_mail__auth_is_away_for_a_while(plant: Plant) -> None:
    ada = plant.project.owner_id
    plant.employ(ada)
    plant.mails.refusal = Unavailable("auth does not answer")
    await plant.update(reference="tag:golden", mail_users=(ada,))
    await blur(plant)
    assert await plant.watcher.deliver_once(Channel.MAIL)
    plant.mails.refusal = None
    plant.clock.advance(timedelta(hours=1))
    assert await plant.watcher.deliver_once(Channel.MAIL)

    (alert,) = await plant.alerts()
    mailed = alert.deliveries[Channel.MAIL]
    assert (mailed.state, mailed.attempt_count) == (AlertState.DELIVERED, 2)


async def test_mail__never_to_somebody_who_may_not_see_all_images_any_more(plant: Plant) -> None:
    ada, bob = plant.project.owner_id, await viewer(plant)
    plant.employ(ada, bob)
    await plant.update(reference="tag:golden", mail_users=(ada, bob))
    (image, *_) = await plant.upload(40, plant.clock.now(), sharpness=BLURRED)
    await plant.look_now()
    async with plant.units() as unit:
        await unit.image_access.modify(plant.project.id, [image], AccessWish(mode=AccessMode.RESTRICTED))
        await unit.commit()

    assert await plant.watcher.deliver_once(Channel.MAIL)

    assert [to for to, _, _ in plant.mails.sent] == [[ada]]


async def test_mail__account_that_was_disabled(plant: Plant) -> None:
    ada = plant.project.owner_id
    plant.employ(ada)
    await plant.update(reference="tag:golden", mail_users=(ada,))
    await blur(plant)
    del plant.directory.people[ada]

    assert await plant.watcher.deliver_once(Channel.MAIL)

    (alert,) = await plant.alerts()
    assert (alert.deliveries[Channel.MAIL].state, plant.mails.sent) == (AlertState.KEPT, [])


async def test_update__only_people_who_see_all_images_can_be_mailed(plant: Plant) -> None:
    ada, stranger = plant.project.owner_id, ids.new_id()
    plant.employ(ada, stranger)

    with pytest.raises(InvalidArgument, match=stranger):
        await plant.update(reference="tag:golden", mail_users=(ada, stranger))
    with pytest.raises(InvalidArgument, match="too many"):
        await plant.update(reference="tag:golden", mail_users=(ada,) * 21)


async def test_update__the_audit_knows_who_is_told(plant: Plant) -> None:
    ada = plant.project.owner_id
    plant.employ(ada)
    await plant.update(reference="tag:golden")
    await plant.update(webhook_url="https://hooks.example/secret-path", mail_users=(ada,))
    await plant.update(every_images=100)

    async with plant.units(read_only=True) as unit:
        (event,) = await unit.audit.oldest(10)
    assert (event.action, event.target) == ("drift_watch.tell", f"projects/{plant.project.id}/driftWatch")
    assert dict(event.details) == {"webhook_host": "hooks.example", "mail_users": f"users/{ada}"}


async def viewer(plant: Plant) -> str:
    """Id of somebody whom the project is shared with to view."""
    bob = ids.new_id()
    async with plant.units() as unit:
        project = await unit.projects.get(LOUPE, plant.project.id)
        assert project is not None
        members = (*project.members, Member(PrincipalKind.USER, bob, ProjectRole.VIEWER))
        changed = replace(project, members=members, revision=project.revision + 1)
        assert await unit.projects.save(changed, revision=project.revision)
        await unit.commit()
    return bob
