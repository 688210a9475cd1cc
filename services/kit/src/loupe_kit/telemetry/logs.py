"""Structured logs on stderr, ours and those of libraries, with secrets taken out."""

import logging
import re
import signal
import sys
import threading
from collections.abc import Mapping
from types import FrameType
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from loupe_kit.settings import LogFormat
from loupe_kit.telemetry.tracing import trace_id

_HIDDEN = "[hidden]"
_SECRET_NAME = re.compile(
    r"passw|secret|token(?!_type)|authoriz|api_?key(?!_id)|cookie|credential|private_?key", re.IGNORECASE
)
# API keys and JWTs, wherever they turn up: in exception texts, in addresses.
_SECRET_TEXT = re.compile(r"lp_[A-Za-z0-9-]+_[A-Za-z0-9_-]{8,}|eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace values with a telling name, and tokens within texts."""
    return {key: _clean(key, value) for key, value in event.items()}


def _clean(key: str, value: Any) -> Any:
    if isinstance(value, str):
        return _HIDDEN if value and _SECRET_NAME.search(key) else _SECRET_TEXT.sub(_HIDDEN, value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, Mapping):
        return {str(inner): _clean(str(inner), each) for inner, each in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(key, each) for each in value]
    return value


def _add_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    current = trace_id()
    if current:
        event["trace_id"] = current
    return event


def configure_logs(service: str, *, level: str = "INFO", log_format: LogFormat = LogFormat.AUTO) -> None:
    """Write log lines to stderr; library logs (logging) take the same road.

    Args:
        service: Goes into every line.
        level: Least severe level that is written; SIGUSR1 switches between it and DEBUG.
        log_format: `auto` is console on a terminal and JSON otherwise.
    """
    on_console = log_format is LogFormat.CONSOLE or (log_format is LogFormat.AUTO and sys.stderr.isatty())

    def add_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_service,
        _add_trace,
    ]
    final: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        hide_secrets,
        structlog.dev.ConsoleRenderer() if on_console else structlog.processors.JSONRenderer(default=str),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=final))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    _switch_by_signal(root, level.upper())


def _switch_by_signal(root: logging.Logger, level: str) -> None:
    """SIGUSR1 has everything written, and the next one what is written otherwise: nobody restarts what misbehaves."""

    def switch(_number: int, _frame: FrameType | None) -> None:
        root.setLevel(level if root.level == logging.DEBUG else logging.DEBUG)
        structlog.get_logger("loupe.logs").warning("log_level", now=logging.getLevelName(root.level))

    # Other threads may not set handlers; some systems have no such signal.
    if hasattr(signal, "SIGUSR1") and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGUSR1, switch)
