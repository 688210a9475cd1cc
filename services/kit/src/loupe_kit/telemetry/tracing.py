"""Traces through the OpenTelemetry API. Spans leave the process only if an OTLP endpoint is configured."""

import os

from opentelemetry import trace

ENDPOINT_VARIABLES = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


def tracer() -> trace.Tracer:
    """The tracer of all of Loupe's own spans."""
    return trace.get_tracer("loupe")


def trace_id() -> str:
    """Id of the current trace as 32 hex characters, empty when nothing is traced."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else ""


def configure_tracing(service: str) -> bool:
    """Send spans to the OTLP endpoint of the environment, if there is one.

    Returns:
        Whether spans are sent. The SDK (extra `otlp`) is imported only then.
    """
    if not any(os.environ.get(name) for name in ENDPOINT_VARIABLES):
        return False
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"loupe-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return True
