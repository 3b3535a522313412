"""Writes a table segment in plain Python, store by store, from docs/formats/table.md alone: what readers are tested
against without a server, at every moment between two stores.

    with SegmentWriter("some-instance") as writer:
        slot = writer.define("/A", INT)
        writer.after_store = lambda: ...        # called after every single store
        writer.publish({slot: 5})
"""

import ctypes
import mmap
import os
import struct
import time

NULL, BOOL, INT, FLOAT, STRING, JSON, BOOL_ARRAY, INT_ARRAY, FLOAT_ARRAY, STRING_ARRAY = range(10)
WAITING = 0x80320000  # BadWaitingForInitialData
_PAGE = 4096


def _up(value, unit):
    return (value + unit - 1) // unit * unit


def fnv(path):
    code = 0xCBF29CE484222325
    for byte in path:
        code = (code ^ byte) * 0x100000001B3 % 2**64
    return code


def encode(kind, value):
    """The bytes of a text or array in the area."""
    if kind in (STRING, JSON):
        return value.encode()
    if kind == BOOL_ARRAY:
        return bytes(value)
    if kind in (INT_ARRAY, FLOAT_ARRAY):
        return struct.pack(f"<{len(value)}{'q' if kind == INT_ARRAY else 'd'}", *value)
    return b"".join(struct.pack("<I", len(text.encode())) + text.encode() for text in value)


class SegmentWriter:
    def __init__(self, instance, slots=64, area=65536, sysv_key=None):
        self.instance = instance
        self.path = f"/dev/shm/tagwerk.{instance}"
        self.after_store = lambda: None
        self.slot_capacity = slots
        self.bucket_count = 1 << (slots * 2 - 1).bit_length()
        self.buckets = _PAGE
        self.entries = _up(self.buckets + self.bucket_count * 8, _PAGE)
        self.slots = _up(self.entries + slots * 64, _PAGE)
        self.area = _up(self.slots + slots * 64, _PAGE)
        self.size = self.area + area
        self.sysv = None
        self.bytes = self._attach(sysv_key) if sysv_key else self._map()
        # Whole words: struct.pack_into makes its target zero and then goes byte by byte, and a reader would see that.
        self.words = (ctypes.c_uint64 * (self.size // 8)).from_buffer(self.bytes)
        self.halves = (ctypes.c_uint32 * (self.size // 4)).from_buffer(self.bytes)
        self._write_header(area)
        self.next_unit, self.next_id, self.number = 0, 1, 0
        self.tags = {}  # slot -> (path, kind, first unit, bytes of area)

    def _map(self):
        with open(self.path, "w+b") as file:
            file.truncate(self.size)
            return mmap.mmap(file.fileno(), self.size)

    def _attach(self, key):
        import sysv_ipc
        self.sysv = sysv_ipc.SharedMemory(key, sysv_ipc.IPC_CREX, 0o644, self.size, b"\0")
        return (ctypes.c_char * self.size).from_address(self.sysv.address)

    def _write_header(self, area):
        struct.pack_into("<IIQII5Qq", self.bytes, 8, 1, 4096, self.size, self.slot_capacity, self.bucket_count,
                         self.buckets, self.entries, self.slots, self.area, area, time.time_ns())
        struct.pack_into("64s", self.bytes, 80, self.instance.encode())
        struct.pack_into("<I", self.bytes, 192, 1)
        with open("/proc/self/stat", "rb") as file:
            ticks = int(file.read().rpartition(b")")[2].split()[19])
        struct.pack_into("<IIQQQ", self.bytes, 256, os.getpid(), 0, ticks, os.stat("/proc/self/ns/pid").st_ino, 1)
        struct.pack_into("<Qq", self.bytes, 320, time.monotonic_ns(), time.time_ns())
        struct.pack_into("<Q", self.bytes, 448, 1)
        self.store(0, int.from_bytes(b"TGWERK_T", "little"))

    # --- stores

    def load(self, offset):
        return struct.unpack_from("<Q", self.bytes, offset)[0]

    def store(self, offset, word):
        self.words[offset // 8] = word
        self.after_store()

    def store_half(self, offset, word):
        self.halves[offset // 4] = word
        self.after_store()

    def store_bytes(self, offset, data):
        for at in range(0, len(data), 8):
            self.store(offset + at, int.from_bytes(data[at:at + 8], "little"))

    def step(self):
        self.store(448, self.load(448) + 1)

    # --- tags

    def _take(self, size):
        unit = self.next_unit
        self.next_unit += (size + 15) // 16
        return unit

    def define(self, path, kind, area=0, slot=None):
        """A new tag, null and waiting for its first value. Returns its slot."""
        text = path.encode()
        slot = next(at for at in range(self.slot_capacity) if at not in self.tags) if slot is None else slot
        if slot >= struct.unpack_from("<I", self.bytes, 456)[0]:
            self.store_half(456, slot + 1)
        entry = self.entries + slot * 64
        place = self._take(len(text))
        self.store_bytes(self.area + place * 16, text)
        self.store(entry + 8, place | len(text) << 32)
        self.tags[slot] = (path, kind, 0, 0)
        self._give_area(slot, area)
        self.store(entry + 24, fnv(text))
        self.store(entry + 32, kind)
        self.publish({slot: None}, quality=WAITING)
        self.store(entry, self.next_id)
        self.next_id += 1
        at = fnv(text) & self.bucket_count - 1
        while self.load(self.buckets + at * 8):
            at = at + 1 & self.bucket_count - 1
        self.store(self.buckets + at * 8, fnv(text) >> 32 << 32 | slot + 1)
        self.store_half(460, len(self.tags))
        self.step()
        return slot

    def _give_area(self, slot, area):
        path, kind, *_ = self.tags[slot]
        half = (area + 15) // 16
        unit = self._take(half * 32)
        self.store(self.entries + slot * 64 + 16, unit | area << 32)
        self.tags[slot] = (path, kind, unit, area)

    def grow(self, slot, area, value):
        """A larger area, into which the value is published."""
        self._give_area(slot, area)
        self.publish({slot: value})

    def remove(self, slot):
        """Only tags whose bucket nobody's probe passes: enough for tests."""
        path = self.tags[slot][0]
        self.publish({slot: None})
        self.store(self.entries + slot * 64, 0)
        at = fnv(path.encode()) & self.bucket_count - 1
        while (self.load(self.buckets + at * 8) & 0xFFFFFFFF) != slot + 1:
            at = at + 1 & self.bucket_count - 1
        self.store(self.buckets + at * 8, 0)
        del self.tags[slot]
        self.store_half(460, len(self.tags))
        self.step()

    # --- values

    def publish(self, values, quality=0, commit=True, times=(10, 20)):
        """slot -> value, as one batch; without commit it stays open, as a dead writer leaves it."""
        for slot, value in values.items():
            self._publish(slot, value, quality, times)
        if commit:
            self.commit()

    def _publish(self, slot, value, quality, times):
        at = self.slots + slot * 64
        control = self.load(at)
        number, committed = control >> 10, self.load(384)
        if number > committed and control & 2:
            self.store(at, control & ~2)
        self.number = max(self.number, number + 1 if number > committed else 0, committed + 1)
        copy = control & 1 ^ 1
        kind = NULL if value is None else self.tags[slot][1]
        self.store(at + 8 + 24 * copy, self._word(slot, kind, copy, value))
        self.store(at + 16 + 24 * copy, times[0])
        self.store(at + 24 + 24 * copy, times[1])
        self.store_half(at + 56 + 4 * copy, quality)
        previous = 2 if number <= committed else 0
        self.store(at, self.number << 10 | (control >> 2 & 15) << 6 | kind << 2 | previous | copy)

    def _word(self, slot, kind, copy, value):
        if kind == NULL:
            return 0
        if kind == FLOAT:
            return int.from_bytes(struct.pack("<d", value), "little")
        if kind < STRING:
            return int(value)
        data = encode(kind, value)
        _, _, unit, area = self.tags[slot]
        if len(data) > area:
            raise ValueError(f"{len(data)} bytes into an area of {area}")
        unit += copy * ((area + 15) // 16)
        self.store_bytes(self.area + unit * 16, data)
        return unit | len(data) << 32

    def commit(self):
        self.store(384, self.number)
        address = ctypes.addressof(self.words)
        ctypes.CDLL(None).syscall(202 if os.uname().machine == "x86_64" else 98, ctypes.c_void_p(address + 384), 1,
                                  2**31 - 1, None, None, 0)

    def mark_replaced(self):
        self.store_half(192, 2)
        self.step()
        self.number += 1
        self.commit()

    # --- the end

    def close(self):
        if self.sysv:
            self.bytes = self.words = self.halves = None
            self.sysv.detach()
            self.sysv.remove()
        elif os.path.exists(self.path):
            os.unlink(self.path)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()
