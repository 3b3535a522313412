"""Places and numbers of docs/formats/table.md, layout version 1. Words count 8 bytes from the start of the segment."""

import struct

from .errors import Damaged, NotReady, Replaced, WrongVersion

MAGIC = int.from_bytes(b"TGWERK_T", "little")
VERSION = 1
HEADER_BYTES = 4096
SLOT_BYTES = ENTRY_BYTES = 64
AREA_UNIT = 16
MAX_PATH = 1023
NEVER = -(1 << 63)

STATE_REPLACED = 2

# Words of the header that change.
STATE = 192 // 8  # low half
WRITER_PID = 256 // 8  # low half
WRITER_START_TICKS = 264 // 8
WRITER_PID_NAMESPACE = 272 // 8
GENERATION = 280 // 8
SYSV_KEY = 288 // 8  # low half
HEARTBEAT_MONO = 320 // 8
COMMITTED = 384 // 8
FUTEX_OFFSET = 384
DIRECTORY = 448 // 8
SLOT_LIMIT = 456 // 8  # low half; tag_count in the high one

LOW_HALF = 0xFFFFFFFF

NULL, BOOL, INT, FLOAT, STRING, JSON, BOOL_ARRAY, INT_ARRAY, FLOAT_ARRAY, STRING_ARRAY = range(10)
TYPE_NAMES = ("null", "bool", "int", "float", "string", "json", "bool[]", "int[]", "float[]", "string[]")

_FIXED = struct.Struct("<QIIQII5Q")  # magic, version, header bytes, segment bytes, slots, buckets, parts, area bytes


class Geometry:
    """Where the parts are, checked against the size of the mapping: use this, never the header again."""

    __slots__ = ("segment_bytes", "slot_capacity", "bucket_count", "buckets", "entries", "slots", "area", "area_bytes",
                 "instance")

    def __init__(self, view, name):
        """`view`: the bytes of the segment. Raises Damaged, WrongVersion, NotReady or Replaced."""
        if len(view) == 0:
            raise NotReady(f"{name} is being made: it is still empty; try again")
        if len(view) < HEADER_BYTES:
            raise Damaged(f"{name} has {len(view)} bytes, a header alone has {HEADER_BYTES}; restart its writer")
        (magic, version, header_bytes, self.segment_bytes, self.slot_capacity, self.bucket_count, self.buckets,
         self.entries, self.slots, self.area, self.area_bytes) = _FIXED.unpack_from(view)
        if magic == 0:
            raise NotReady(f"{name} is being made: its header is not finished; try again")
        if magic != MAGIC:
            raise Damaged(f"{name} is no table: magic {magic:016x}, expected {MAGIC:016x}")
        if version != VERSION:
            raise WrongVersion(f"{name} has layout version {version}, this package knows {VERSION}; "
                               "use programs of one Tagwerk release")
        if int.from_bytes(view[192:196], "little") == STATE_REPLACED:
            raise Replaced(f"a new segment took the place of {name}; open it again")
        self.instance = bytes(view[80:144]).split(b"\0", 1)[0].decode("ascii", "replace")
        fault = self._fault(header_bytes, len(view))
        if fault:
            raise Damaged(f"{name} is damaged: {fault}; restart its writer, which makes it anew")

    def _fault(self, header_bytes, mapped):
        if header_bytes != HEADER_BYTES:
            return f"a header of {header_bytes} bytes, expected {HEADER_BYTES}"
        if self.slot_capacity == 0 or self.bucket_count & (self.bucket_count - 1):
            return f"{self.slot_capacity} slots and {self.bucket_count} buckets"
        if self.bucket_count <= self.slot_capacity:
            return f"{self.bucket_count} buckets for {self.slot_capacity} slots"
        if self.segment_bytes > mapped:
            return f"the header speaks of {self.segment_bytes} bytes, the segment has {mapped}"
        end = HEADER_BYTES
        for offset, size, name in sorted(self._parts()):
            if offset < end or offset % 64:
                return f"{name} at {offset} overlap the part before or are not aligned"
            if offset + size > self.segment_bytes:
                return f"{name} end at {offset + size}, the segment at {self.segment_bytes}"
            end = offset + size
        return None

    def _parts(self):
        yield self.buckets, self.bucket_count * 8, "buckets"
        yield self.entries, self.slot_capacity * ENTRY_BYTES, "entries"
        yield self.slots, self.slot_capacity * SLOT_BYTES, "slots"
        yield self.area, self.area_bytes, "area"

    def place(self, reference):
        """First byte in the segment and length of what an area reference names; None where it lies outside."""
        at, length = (reference & LOW_HALF) * AREA_UNIT, reference >> 32
        if at + (length + AREA_UNIT - 1) // AREA_UNIT * AREA_UNIT > self.area_bytes:
            return None
        return self.area + at, length


def hash_path(path):
    """FNV-1a, 64 bits, of the path's bytes."""
    code = 0xCBF29CE484222325
    for byte in path:
        code = (code ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return code
