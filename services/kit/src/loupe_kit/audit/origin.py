"""Where the call that is being served came from, as the audit wants to know it."""

from typing import Any

import grpc

from loupe_kit.audit.event import EventOrigin
from loupe_kit.call_origin import OriginReader
from loupe_kit.caller import current_caller
from loupe_kit.interceptors import current_request_id


def event_origin(reader: OriginReader, context: grpc.aio.ServicerContext[Any, Any]) -> EventOrigin:
    """Origin of the current call.

    Args:
        reader: Knows whose word on its client counts.
        context: Of the call.
    """
    found = reader.read(context)
    return EventOrigin(current_caller().display_name, found.client_address, found.user_agent, current_request_id())
