"""Server interceptors for all four kinds of call, and their order."""

from datetime import timedelta

import grpc

from loupe_kit.authentication import Authenticator
from loupe_kit.interceptors.access import AccessInterceptor
from loupe_kit.interceptors.access_log import AccessLogInterceptor
from loupe_kit.interceptors.base import AroundInterceptor, ServerCall
from loupe_kit.interceptors.caller import CallerInterceptor
from loupe_kit.interceptors.deadline import DeadlineInterceptor
from loupe_kit.interceptors.errors import ErrorInterceptor
from loupe_kit.interceptors.request_id import RequestIdInterceptor, current_request_id
from loupe_kit.interceptors.telemetry import MetricsInterceptor, TracingInterceptor
from loupe_kit.rpc_policy import AccessTable

__all__ = [
    "AccessInterceptor",
    "AccessLogInterceptor",
    "AroundInterceptor",
    "CallerInterceptor",
    "DeadlineInterceptor",
    "ErrorInterceptor",
    "MetricsInterceptor",
    "RequestIdInterceptor",
    "ServerCall",
    "TracingInterceptor",
    "current_request_id",
    "default_interceptors",
]


def default_interceptors(
    table: AccessTable, authenticator: Authenticator, *, unary_timeout: timedelta = timedelta(seconds=60)
) -> list[grpc.aio.ServerInterceptor]:
    """What every server has, outermost first.

    Args:
        table: Access of every RPC; see `loupe_kit.server.access_table`.
        authenticator: Tells who calls.
        unary_timeout: For unary calls whose client set no deadline.
    """
    return [
        ErrorInterceptor(),
        RequestIdInterceptor(),
        DeadlineInterceptor(unary_timeout),
        TracingInterceptor(),
        MetricsInterceptor(),
        AccessLogInterceptor(),
        CallerInterceptor(authenticator, table),
        AccessInterceptor(table),
    ]
