"""Who is woken by what."""

import pytest

from loupe_project.use_cases.operation_hub import OperationHub, wait_for


@pytest.mark.parametrize(("wants_progress", "is_woken"), [(True, True), (False, False)])
async def test_tell_progress__wakes_watchers_only(wants_progress: bool, is_woken: bool) -> None:
    hub = OperationHub()
    news = hub.enter("one", progress=wants_progress)

    hub.tell_progress("one")

    assert await wait_for(news, 0.001) is is_woken


async def test_wake__wakes_everyone_of_the_operation() -> None:
    hub = OperationHub()
    runner, watcher, other = hub.enter("one", progress=False), hub.enter("one"), hub.enter("two")

    hub.wake("one")

    assert (runner.is_set(), watcher.is_set(), other.is_set()) == (True, True, False)


async def test_leave__twice_is_harmless() -> None:
    hub = OperationHub()
    news = hub.enter("one")

    hub.leave("one", news)
    hub.leave("one", news)
    hub.wake("one")

    assert not news.is_set()
