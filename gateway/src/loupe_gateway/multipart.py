"""multipart/form-data as it arrives: parts are passed on in pieces, so that memory does not grow with the upload."""

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass, field

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from loupe_kit.errors import InvalidArgument

_LARGEST_FIELD_BYTES = 256 * 1024
_LARGEST_HEADER_BYTES = 16 * 1024
_PIECE_BYTES = 512 * 1024
_DRAINED_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FormField:
    """A part without a file name, complete."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FileBegin:
    """A file begins; its bytes follow as FileBytes until the next event of another kind."""

    file_name: str


@dataclass(frozen=True, slots=True)
class FileBytes:
    """Some bytes of the file that began last."""

    data: bytes


Event = FormField | FileBegin | FileBytes


@dataclass(slots=True)
class _Part:
    headers: dict[str, bytes] = field(default_factory=dict)
    header_name: bytearray = field(default_factory=bytearray)
    header_value: bytearray = field(default_factory=bytearray)
    name: str = ""
    is_file: bool = False
    value: bytearray = field(default_factory=bytearray)


async def read(content_type: str, body: AsyncIterable[bytes]) -> AsyncIterator[Event]:
    """Yields what a form holds, in order.

    Args:
        content_type: The request's header, with the boundary.
        body: The request's bytes.

    Raises:
        InvalidArgument: no form, a damaged one, or one that ends too early.
    """
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise InvalidArgument("Send files as multipart/form-data, for example with curl -F file=@image.png.")
    collector = _Collector()
    parser = MultipartParser(options[b"boundary"], collector.callbacks())  # type: ignore[arg-type]
    try:
        async for chunk in body:
            parser.write(chunk)
            for event in collector.take():
                yield event
        parser.finalize()
    except MultipartParseError as error:
        raise InvalidArgument(f"The form is damaged: {error}. Send it again.") from None
    if not collector.is_complete:
        raise InvalidArgument("The form ends in the middle. Send it again.")


async def in_large_pieces(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """The events with a file's bytes in pieces of one size.

    The server brings 64 KiB at a time, and a message for each would cost more than its bytes.
    """
    waiting = bytearray()
    async for event in events:
        if isinstance(event, FileBytes):
            waiting += event.data
            if len(waiting) < _PIECE_BYTES:
                continue
        for start in range(0, len(waiting), _PIECE_BYTES):
            yield FileBytes(bytes(waiting[start : start + _PIECE_BYTES]))
        waiting.clear()
        if not isinstance(event, FileBytes):
            yield event
    if waiting:
        yield FileBytes(bytes(waiting))


async def drain(request: Request) -> None:
    """Reads on for a while after a refusal, else the client sees a broken connection and not the reason."""
    drained = 0
    try:
        async for chunk in request.stream():
            drained += len(chunk)
            if drained > _DRAINED_BYTES:
                return
    except (ClientDisconnect, RuntimeError):
        return


class _Collector:
    """Turns the parser's callbacks into events."""

    def __init__(self) -> None:
        self._part = _Part()
        self._events: list[Event] = []
        self.is_complete = False

    def callbacks(self) -> dict[str, object]:
        """Returns the callbacks by the names that the parser knows."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._complete,
        }

    def take(self) -> list[Event]:
        """Returns what has been collected since the last call."""
        events, self._events = self._events, []
        return events

    def _begin(self) -> None:
        self._part = _Part()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._grow(self._part.header_name, data[start:end], _LARGEST_HEADER_BYTES, "header")

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._grow(self._part.header_value, data[start:end], _LARGEST_HEADER_BYTES, "header")

    def _header_end(self) -> None:
        self._part.headers[self._part.header_name.decode("latin-1").lower()] = bytes(self._part.header_value)
        self._part.header_name.clear()
        self._part.header_value.clear()

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._part.headers.get("content-disposition", b""))
        self._part.name = _text(options.get(b"name", b""))
        self._part.is_file = bool(options.get(b"filename"))
        if self._part.is_file:
            self._events.append(FileBegin(_text(options[b"filename"])))

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._part.is_file:
            self._events.append(FileBytes(data[start:end]))
        else:
            self._grow(self._part.value, data[start:end], _LARGEST_FIELD_BYTES, f"field “{self._part.name}”")

    def _end(self) -> None:
        if not self._part.is_file:
            self._events.append(FormField(self._part.name, _text(bytes(self._part.value))))

    def _complete(self) -> None:
        self.is_complete = True

    @staticmethod
    def _grow(target: bytearray, data: bytes, limit: int, what: str) -> None:
        if len(target) + len(data) > limit:
            raise InvalidArgument(f"A {what} of the form is longer than {limit} bytes. Send it as a file.")
        target += data


def _text(raw: bytes) -> str:
    # Names in another encoding are passed on marked, so that the service refuses that file and takes the others.
    return raw.decode("utf-8", errors="replace")
