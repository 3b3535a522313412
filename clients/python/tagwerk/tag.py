"""Reading one tag: the latch of docs/formats/table.md, "Reading one value"."""

import struct

from . import futex, layout
from .errors import Closed, Damaged, TagGone, Unsteady
from .value import Value, decode

#: How often a read starts again before it gives up; each time the writer has published the tag twice.
READ_ATTEMPTS = 1000

_DIRECTORY = layout.DIRECTORY


def _unpackers():
    """By control word & 61 (type and whole copy): reads value, source time, server time and quality of that copy of
    a slot in one go, from the copies' start."""
    made = [None] * 64
    for kind in range(16):
        letter = "d" if kind == layout.FLOAT else "q" if kind == layout.INT else "Q"
        made[kind << 2] = struct.Struct(f"<{letter}qq24xI").unpack_from
        made[kind << 2 | 1] = struct.Struct(f"<24x{letter}qq4xI").unpack_from
    return made


_UNPACK = _unpackers()


class Tag:
    """A tag that was found. read() is what to call often. Belongs to one thread at a time."""

    __slots__ = ("table", "path", "id", "slot", "type", "area_bytes", "area", "_words", "_bytes", "_word", "_offset",
                 "_directory")

    def __init__(self, table, entry):
        self.table = table
        self._take(entry)

    def _take(self, entry):
        """entry: what the directory says, see directory.Entry"""
        self.path = entry.path
        self.id = entry.tag_id
        self.slot = entry.slot
        self.type = entry.type
        self.area_bytes = entry.area_bytes
        self.area = entry.area
        self._words = self.table._words
        self._bytes = self.table._bytes
        self._offset = self.table._geometry.slots + entry.slot * layout.SLOT_BYTES + 8
        self._word = self._offset // 8 - 1
        self._directory = entry.directory

    def __repr__(self):
        return f"<Tag {self.path} in slot {self.slot}>"

    @property
    def type_name(self):
        """As declared: "float", "int[]" and so on; a value may be None all the same."""
        return layout.TYPE_NAMES[self.type]

    def read(self):
        """The newest whole Value. Raises TagGone, Replaced, Unsteady, Damaged or Closed."""
        words = self._words
        word = self._word
        try:
            control = words[word]
            value, source, server, quality = _UNPACK[control & 61](self._bytes, self._offset)
            # Only for what needs no more bytes: null, bool, int and float.
            if control & 48 == 0 and words[word] == control and words[_DIRECTORY] == self._directory:
                kind = control & 60
                if kind < 8:
                    value = None if kind == 0 else value != 0
                return Value(value, quality, source, server, control >> 10)
        except ValueError:  # released by close or reopen
            pass
        return self._read_slowly()

    def _read_slowly(self):
        for _ in range(READ_ATTEMPTS):
            self._check()
            found = self._attempt()
            if found is not None and self._words[_DIRECTORY] == self._directory:
                return found
        raise Unsteady(f"{self.path} changes faster than it can be read; try again")

    def _attempt(self):
        words = self._words
        control = words[self._word]
        futex.order_loads()
        value, source, server, quality = _UNPACK[control & 61](self._bytes, self._offset)
        kind = control >> 2 & 15
        place = data = None
        if layout.STRING <= kind <= layout.STRING_ARRAY:
            place = self.table._geometry.place(value)
            data = bytes(self._bytes[place[0]:sum(place)]) if place else None
        futex.order_loads()
        if words[self._word] != control:
            return None
        if kind >= layout.STRING:
            value = self._decoded(kind, data)
        elif kind < layout.INT:
            value = None if kind == layout.NULL else value != 0
        return Value(value, quality, source, server, control >> 10)

    def _decoded(self, kind, data):
        if kind > layout.STRING_ARRAY:
            return None
        if data is None:
            raise Damaged(f"the value of {self.path} lies outside the table; restart its writer")
        return decode(kind, data)

    def _check(self):
        """Whether the slot is still this tag's. After a change of the directory; and after reopen()."""
        table = self.table
        if table._words is None:
            raise Closed("the table was closed")
        if self._words is not table._words:
            return self._take(table._entry_of(self.path))
        if self._words[_DIRECTORY] != self._directory:
            self._look_again()
        return None

    def _look_again(self):
        """What the entry of the slot says now."""
        self.table._check_replaced()
        entry = self.table._entry_in(self.slot)
        if entry is None or entry.tag_id != self.id:
            raise TagGone(f"{self.path} was removed or moved; find it again")
        self._take(entry)


if not futex.ORDERS_LOADS:
    Tag.read = Tag._read_slowly
