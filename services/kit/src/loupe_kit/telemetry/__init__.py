"""Logs, metrics and traces, and the names of them all."""

from loupe_kit.telemetry.logs import configure_logs
from loupe_kit.telemetry.metrics import RPC_IN_FLIGHT, RPC_SECONDS, RPC_TOTAL, serve_metrics
from loupe_kit.telemetry.setup import configure
from loupe_kit.telemetry.tracing import configure_tracing, trace_id, tracer

__all__ = [
    "RPC_IN_FLIGHT",
    "RPC_SECONDS",
    "RPC_TOTAL",
    "configure",
    "configure_logs",
    "configure_tracing",
    "serve_metrics",
    "trace_id",
    "tracer",
]
