import asyncio

from loupe_kit.periodic import PeriodicTask

NEVER = 3600.0


class Rounds(PeriodicTask):
    """Does what it is told, round by round, and waits for ever in the round after the last one."""

    def __init__(self, *rounds: bool | Exception, pause: float = 0.0, failure_pause: float | None = None) -> None:
        super().__init__("rounds", pause, failure_pause)
        self.left = list(rounds)
        self.reported: list[Exception] = []
        self.rests: list[float] = []
        self.is_over = asyncio.Event()

    async def work(self) -> bool:
        if not self.left:
            self.is_over.set()
            await asyncio.Event().wait()
        what = self.left.pop(0)
        if isinstance(what, Exception):
            raise what
        return what

    def report(self, error: Exception) -> None:
        self.reported.append(error)

    async def rest(self, seconds: float) -> None:
        self.rests.append(seconds)
        await super().rest(0)


async def run(rounds: Rounds) -> None:
    await rounds.start()
    async with asyncio.timeout(10):
        await rounds.is_over.wait()
    await rounds.stop()


async def test_rounds__rest_unless_there_is_more() -> None:
    rounds = Rounds(True, True, False, False, pause=5.0)
    await run(rounds)
    assert rounds.rests == [5.0, 5.0]


async def test_rounds__go_on_after_a_fault() -> None:
    fault = RuntimeError("away")
    rounds = Rounds(fault, False, pause=5.0)
    await run(rounds)
    assert rounds.reported == [fault]
    assert rounds.rests == [5.0, 5.0]


async def test_rounds__rest_otherwise_after_a_fault() -> None:
    rounds = Rounds(RuntimeError("away"), False, pause=5.0, failure_pause=7.0)
    await run(rounds)
    assert rounds.rests == [7.0, 5.0]


class Sleeper(PeriodicTask):
    """Rests very long after its first round."""

    def __init__(self) -> None:
        super().__init__("sleeper", NEVER)
        self.has_worked = asyncio.Event()

    async def work(self) -> bool:
        self.has_worked.set()
        return False

    def report(self, error: Exception) -> None:
        raise AssertionError(error)


async def test_start__does_not_wait_for_the_first_round() -> None:
    sleeper = Sleeper()
    await sleeper.start()
    async with asyncio.timeout(10):
        await sleeper.has_worked.wait()
    await sleeper.stop()


async def test_stop__leaves_nothing_running() -> None:
    before = asyncio.all_tasks()
    sleeper = Sleeper()
    await sleeper.stop()
    await sleeper.start()
    await sleeper.stop()
    assert asyncio.all_tasks() == before
