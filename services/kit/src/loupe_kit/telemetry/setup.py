"""One call at the start of a process sets up what it tells about itself."""

from loupe_kit.settings import LogFormat
from loupe_kit.telemetry.logs import configure_logs
from loupe_kit.telemetry.tracing import configure_tracing


def configure(service: str, *, level: str = "INFO", log_format: LogFormat = LogFormat.AUTO) -> None:
    """Set up logs and traces for this process; `serve_metrics` is for those that serve.

    Args:
        service: Short name of the process, such as `project`.
        level: Least severe level that is logged.
        log_format: `auto` is console on a terminal and JSON otherwise.
    """
    configure_logs(service, level=level, log_format=log_format)
    configure_tracing(service)
