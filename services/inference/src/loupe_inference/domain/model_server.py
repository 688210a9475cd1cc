"""Servers of models, and what each of them has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ModelServer:
    """One process that hosts models for this service, a pod in Kubernetes."""

    name: str
    """Name of the pod, or the address where there are no pods."""
    target: str
    """`host:port` of its gRPC."""
    pool: str = ""
    """Pool of nodes that it belongs to; empty where there are no pools."""
    node: str = ""
    """Node that it runs on; empty where there are no nodes."""
    accelerators: Mapping[str, int] = field(default_factory=dict)
    """How many of which device it holds: {"nvidia.com/gpu": 1}."""
    is_ready: bool = True
    """Whether it takes calls."""
    takes_registered: bool = True
    """Whether versions that a plant registered run here, beside those that come with Loupe."""


@dataclass(frozen=True, slots=True)
class HostedVersion:
    """A version on one server."""

    model: str
    version: str
    is_ready: bool
    """Whether a worker has it loaded."""
    is_fetched: bool = False
    """Whether the server fetched it while it ran, and not from its own folder at its start."""


@dataclass(frozen=True, slots=True)
class ServerState:
    """A server with what it has now."""

    server: ModelServer
    versions: Sequence[HostedVersion]
    fault: str = ""
    """Why it could not be asked, or what it cannot load; empty if all is well."""
