from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

from loupe_auth.domain.mails import Mail
from loupe_auth.use_cases.send_mail import Letter, send_mail


class Server:
    """Refuses some addresses, as mail servers do."""

    def __init__(self, *refused: str) -> None:
        self.refused = refused
        self.delivered: list[str] = []

    async def deliver(self, mail: Mail) -> None:
        if mail.to in self.refused:
            raise ConnectionRefusedError(f"no way to {mail.to}")
        self.delivered.append(mail.to)


@asynccontextmanager
async def store(*, read_only: bool = False) -> Any:
    async def get(user_id: str) -> Any:
        return SimpleNamespace(email=f"{user_id}@plant.example", is_active=user_id != "disabled")

    assert read_only
    yield SimpleNamespace(users=SimpleNamespace(get=get))


async def test_send_mail__one_that_fails_costs_the_others_nothing() -> None:
    server = Server("bob@plant.example")

    failures = await send_mail(store, server, Letter(["ada", "bob", "disabled", "eve"], "s", "t"))

    assert set(failures) == {"bob", "disabled"}
    assert server.delivered == ["ada@plant.example", "eve@plant.example"]
    # What becomes of a mail is shown to editors of projects, who need not know its address.
    assert "bob@plant.example" not in failures["bob"]
