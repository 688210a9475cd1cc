"""What travels from an HTTP request into the metadata of its RPC: who calls, request id, trace context."""

from starlette.requests import Request

from loupe_gateway.clients import Metadata
from loupe_kit.ids import new_id

_COPIED = ("x-request-id", "traceparent", "tracestate", "accept-language")
_LONGEST = 512
# gRPC takes 8 KiB of metadata a call; no token of Loupe's is near that.
_LONGEST_AUTHORIZATION = 6000


def call_metadata(request: Request) -> Metadata:
    """Returns the metadata of an RPC made for `request`.

    The access token comes from the session cookie, which the session middleware has put into the request's state, or
    from the request's own Authorization header.
    """
    copied = {
        name: value
        for name in _COPIED
        if (value := request.headers.get(name)) and len(value) <= _LONGEST and value.isascii() and value.isprintable()
    }
    copied.setdefault("x-request-id", new_id())
    authorization = request.headers.get("authorization")
    token = getattr(request.state, "access_token", None)
    if authorization:
        copied["authorization"] = _carried(authorization)
    elif token:
        copied["authorization"] = f"Bearer {token}"
    agent = request.headers.get("user-agent", "")
    if agent.isascii() and agent.isprintable():
        copied["x-forwarded-user-agent"] = agent[:_LONGEST]
    if request.client:
        copied["x-forwarded-for"] = request.client.host
    return tuple(copied.items())


def _carried(authorization: str) -> str:
    # gRPC carries printable ASCII only. What is replaced or cut off is no token of Loupe's, and is refused as such.
    return "".join(one if " " <= one <= "~" else "?" for one in authorization[:_LONGEST_AUTHORIZATION])
