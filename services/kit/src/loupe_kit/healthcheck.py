"""`python -m loupe_kit.healthcheck host:port` ends with 0 when a gRPC server says that it serves; for containers."""

import sys

import grpc
from grpc_health.v1 import health_pb2

_SECONDS = 5.0


def is_serving(target: str, service: str = "") -> bool:
    """Whether a service says SERVING.

    Args:
        target: `host:port`.
        service: Full name of a service, `live`, or empty for the whole server.
    """
    with grpc.insecure_channel(target) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            health_pb2.HealthCheckRequest.SerializeToString,
            health_pb2.HealthCheckResponse.FromString,
        )
        try:
            answer = check(health_pb2.HealthCheckRequest(service=service), timeout=_SECONDS)
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def main(arguments: list[str]) -> int:
    """Returns 0 if the server of the first argument serves; the second names a service."""
    if not 1 <= len(arguments) <= 2:
        sys.stderr.write("usage: python -m loupe_kit.healthcheck host:port [service]\n")
        return 2
    return 0 if is_serving(*arguments) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
