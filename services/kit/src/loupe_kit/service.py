"""What a service's bootstrap hands over: its gRPC registrations and its life cycle."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from loupe_kit.rpc_policy import AccessTable

Hook = Callable[[], Awaitable[None]]

_log = structlog.get_logger("loupe.service")


async def _always_ready() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Registration:
    """One gRPC service to be served."""

    add_fn: Callable[[Any, Any], None]
    """The generated `add_…Servicer_to_server`."""
    servicer: object
    full_service_name: str
    """Such as `loupe.project.v1.ProjectService`; also its name in the health service."""
    access_table: AccessTable
    """Access of each of its methods."""


@dataclass(slots=True)
class Service:
    """A service, built and not yet started."""

    name: str
    """Short name: `auth`, `project`, …"""
    registrations: Sequence[Registration]
    readiness: Callable[[], Awaitable[bool]] = _always_ready
    """Whether stores and models answer now."""
    on_start: Sequence[Hook] = ()
    """Run in this order: migrations, stores, background tasks."""
    on_stop: Sequence[Hook] = ()
    """Run in this order, each of them even if one before it fails."""
    resources: dict[str, Any] = field(default_factory=dict)
    """Parts that tests and standalone reach for by name."""

    async def start(self) -> None:
        """Open what the service needs. If that fails, what was opened is closed again."""
        try:
            for hook in self.on_start:
                await hook()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close everything; safe to call twice or after half a start."""
        for hook in self.on_stop:
            try:
                await hook()
            except Exception:  # noqa: BLE001 - the other hooks must run
                _log.exception("stop_failed", service=self.name)
