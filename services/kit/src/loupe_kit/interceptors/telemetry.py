"""Metrics and spans of the calls that a process serves."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from opentelemetry import propagate, trace

from loupe_kit.interceptors.base import AroundInterceptor, ServerCall, outcome
from loupe_kit.telemetry import RPC_IN_FLIGHT, RPC_SECONDS, RPC_TOTAL, tracer


class MetricsInterceptor(AroundInterceptor):
    """Counts and times calls. Only methods that exist come here, so labels are bounded."""

    @asynccontextmanager
    async def around(self, call: ServerCall) -> AsyncIterator[None]:
        """Observe one call."""
        service, _, method = call.method.lstrip("/").partition("/")
        start = time.perf_counter()
        in_flight = RPC_IN_FLIGHT.labels(service, method)
        in_flight.inc()
        code = "OK"
        try:
            yield
        except BaseException as error:
            code, _ = outcome(error, call)
            raise
        finally:
            in_flight.dec()
            RPC_SECONDS.labels(service, method).observe(time.perf_counter() - start)
            RPC_TOTAL.labels(service, method, code).inc()


class TracingInterceptor(AroundInterceptor):
    """One span a call, child of the client's span if it sent one."""

    @asynccontextmanager
    async def around(self, call: ServerCall) -> AsyncIterator[None]:
        """Run one call within its span."""
        carrier = {key: value for key, value in call.context.invocation_metadata() or () if isinstance(value, str)}
        service, _, method = call.method.lstrip("/").partition("/")
        with tracer().start_as_current_span(
            f"{service}/{method}",
            context=propagate.extract(carrier),
            kind=trace.SpanKind.SERVER,
            attributes={"rpc.system": "grpc", "rpc.service": service, "rpc.method": method},
        ) as span:
            try:
                yield
            except BaseException as error:
                code, reason = outcome(error, call)
                span.set_attributes({"loupe.code": code, "loupe.reason": reason})
                raise
