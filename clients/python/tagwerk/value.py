"""What a read gives: a value with its quality and times; and who writes the table."""

import datetime
import json
import struct
import time
from typing import Any, NamedTuple, Optional

from . import layout

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def _moment(nanoseconds):
    if nanoseconds == layout.NEVER:
        return None
    try:
        return _EPOCH + datetime.timedelta(microseconds=nanoseconds // 1000)
    except OverflowError:
        return None


class Value(NamedTuple):
    """A current value. null is None; arrays are lists; json is what json.loads makes of it."""

    value: Any
    quality: int  #: an OPC UA StatusCode, 0 = Good
    source_time_ns: int  #: nanoseconds since 1970-01-01 UTC; layout.NEVER = never read
    server_time_ns: int
    number: int  #: the publish that brought it: higher = later

    @property
    def is_good(self) -> bool:
        return self.quality >> 30 == 0

    @property
    def is_uncertain(self) -> bool:
        return self.quality >> 30 == 1

    @property
    def is_bad(self) -> bool:
        return self.quality >> 30 >= 2

    @property
    def source_time(self) -> Optional[datetime.datetime]:
        """In UTC, to the microsecond; None = never read."""
        return _moment(self.source_time_ns)

    @property
    def server_time(self) -> Optional[datetime.datetime]:
        return _moment(self.server_time_ns)

    @property
    def age(self) -> Optional[float]:
        """Seconds since the source time; None = never read."""
        if self.source_time_ns == layout.NEVER:
            return None
        return (time.time_ns() - self.source_time_ns) / 1e9


class Writer(NamedTuple):
    """Who writes a table, as its header says."""

    pid: int  #: 0 = closed properly: nobody writes
    is_alive: bool  #: that very process lives; a reused pid does not count
    heartbeat_age: float  #: seconds; the server's writer beats twice a second
    generation: int  #: a step for every writer that took the table over


def decode(kind, data):
    """The value of a text or array from its bytes in the area; None for bytes that do not fit the type."""
    if kind == layout.STRING:
        return data.decode("utf-8", "replace")
    if kind == layout.JSON:
        return _decode_json(data.decode("utf-8", "replace"))
    if kind == layout.BOOL_ARRAY:
        return [byte != 0 for byte in data]
    if kind in (layout.INT_ARRAY, layout.FLOAT_ARRAY):
        if len(data) % 8:
            return None
        return list(struct.unpack(f"<{len(data) // 8}{'q' if kind == layout.INT_ARRAY else 'd'}", data))
    return _split(data)


def _decode_json(text):
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _split(data):
    """(u32 length, bytes) each."""
    texts, at = [], 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at:at + 4], "little")
        if at + 4 > len(data) or end > len(data):
            return None
        texts.append(data[at + 4:end].decode("utf-8", "replace"))
        at = end
    return texts
