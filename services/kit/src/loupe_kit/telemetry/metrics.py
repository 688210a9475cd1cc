"""Metrics of every process. Labels take their values from the contracts, so their number is bounded."""

import os

from prometheus_client import Counter, Gauge, Histogram, start_http_server

PORT_VARIABLE = "LOUPE_METRICS_PORT"

_LABELS = ("grpc_service", "grpc_method")

RPC_TOTAL = Counter("loupe_rpc_total", "RPCs that were answered, by status code.", (*_LABELS, "code"))
RPC_SECONDS = Histogram(
    "loupe_rpc_seconds",
    "Time from the arrival of an RPC to its last message.",
    _LABELS,
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
QUEUE_WAIT_SECONDS = Histogram(
    "loupe_queue_wait_seconds",
    "Time between the publication of a job and the moment a worker takes it.",
    ("stream",),
    buckets=(0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14400, 86400),
)
RPC_IN_FLIGHT = Gauge("loupe_rpc_in_flight", "RPCs that are being served.", _LABELS)


def serve_metrics() -> bool:
    """Serve this process's metrics at the port of the environment, if there is one.

    Returns:
        Whether they are served.

    Raises:
        OSError: The port is taken.
        ValueError: It is no number.
    """
    port = os.environ.get(PORT_VARIABLE, "")
    if port:
        start_http_server(int(port))
    return bool(port)
