"""Reading many tags of one moment: docs/formats/table.md, "Reading many values of one moment".

The writer may commit ten thousand batches a second, and Python takes a microsecond for the smallest thing. So the slots
are copied whole, three times (control words, values, control words), and looked at afterwards.
"""

import struct
import time

from . import futex, layout
from .errors import Closed, Damaged, Unsteady
from .tag import _UNPACK
from .value import Value, decode

#: Attempts of a consistent read, with growing pauses in between: about a tenth of a second in all.
SNAPSHOT_ATTEMPTS = 200
_LONGEST_PAUSE = 0.001
#: Slots that lie closer than this are copied together with what is between them.
_GAP_BYTES = 2048

#: No change of the directory has this number.
_LOOK_AGAIN = -1

_CONTROL = struct.Struct("<Q").unpack_from


def _runs(extents):
    """Ranges of bytes that cover all extents (start, end); close ones are joined."""
    made = []
    for start, end in sorted(extents):
        if made and start - made[-1][1] <= _GAP_BYTES:
            made[-1][1] = max(made[-1][1], end)
        else:
            made.append([start, end])
    return [slice(*run) for run in made]


def _find_run(runs, start):
    """Number of the run that covers `start`, and where in it."""
    low, high = 0, len(runs) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if runs[middle].start <= start else (low, middle - 1)
    return low, start - runs[low].start


class Group:
    """Tags that are read together, prepared. Belongs to one thread at a time."""

    def __init__(self, table, tags):
        self.table = table
        self.tags = list(tags)
        self._directory = _LOOK_AGAIN
        self._plan()

    def __len__(self):
        return len(self.tags)

    def _plan(self):
        geometry = self.table._geometry
        self._words, self._bytes = self.table._words, self.table._bytes
        starts = [geometry.slots + tag.slot * layout.SLOT_BYTES for tag in self.tags]
        areas = [self._area_of(tag) for tag in self.tags]
        self._slot_runs = _runs((start, start + layout.SLOT_BYTES) for start in starts)
        self._area_runs = _runs(area for area in areas if area)
        self._slots = [_find_run(self._slot_runs, start) for start in starts]
        self._planned = self._places()

    def _places(self):
        return [(tag.slot, tag.area) for tag in self.tags]

    def _area_of(self, tag):
        """Both areas of the tag, which lie side by side."""
        place = self.table._geometry.place(tag.area)
        if not tag.area_bytes or place is None:
            return None
        size = (tag.area_bytes + layout.AREA_UNIT - 1) // layout.AREA_UNIT * layout.AREA_UNIT
        return place[0], min(place[0] + 2 * size, self.table._geometry.segment_bytes)

    def read(self):
        """A list of Values, one for each tag, as they were after one and the same batch. Raises Unsteady after a
        bounded number of attempts; TagGone, Replaced, Damaged or Closed."""
        if not self.tags:
            return []
        for attempt in range(SNAPSHOT_ATTEMPTS):
            self._check()
            found = self._attempt()
            if found is not None:
                return found
            time.sleep(min(attempt * 2e-5, _LONGEST_PAUSE))
        raise Unsteady(f"{len(self.tags)} values changed faster than they could be read together; try again")

    def _check(self):
        """Whether every tag is where it was planned to be; looks again after a change of the directory."""
        table = self.table
        if table._words is None:
            raise Closed("the table was closed")
        directory = table._words[layout.DIRECTORY]
        if self._words is table._words and self._directory == directory:
            return
        for tag in self.tags:
            tag._check()
            if self._directory == _LOOK_AGAIN:
                tag._look_again()
        if self._words is not table._words or self._planned != self._places():
            self._plan()
        self._directory = directory if all(tag._directory == directory for tag in self.tags) else _LOOK_AGAIN

    def _attempt(self):
        words, view, runs = self._words, self._bytes, self._slot_runs
        committed = words[layout.COMMITTED]
        futex.order_loads()
        before = [bytes(view[run]) for run in runs]
        futex.order_loads()
        slots = [bytes(view[run]) for run in runs]
        areas = [bytes(view[run]) for run in self._area_runs]
        futex.order_loads()
        after = [bytes(view[run]) for run in runs]
        same_batch = words[layout.COMMITTED] == committed
        if words[layout.DIRECTORY] != self._directory:
            return None
        made = []
        for tag, (run, at) in zip(self.tags, self._slots):
            control, = _CONTROL(before[run], at)
            if _CONTROL(after[run], at)[0] != control:
                return None
            value = self._value(tag, slots[run], at, areas, control, committed, same_batch)
            if value is None:
                return None
            made.append(value)
        return made

    def _value(self, tag, slot, at, areas, control, committed, same_batch):
        """None: out of reach for this moment."""
        number, kind, copy = control >> 10, control >> 2 & 15, control & 1
        if number > committed:  # newer than the moment: the state before it is in the other copy
            if not (control & 2 and same_batch):
                return None
            number, kind, copy = committed, control >> 6 & 15, copy ^ 1
        bits, source, server, quality = _UNPACK[kind << 2 | copy](slot, at + 8)
        if kind > layout.STRING_ARRAY:
            bits = None
        elif kind >= layout.STRING:
            data = self._data(tag, bits, areas)
            if data is None:
                return None
            bits = decode(kind, data)
        elif kind < layout.INT:
            bits = None if kind == layout.NULL else bits != 0
        return Value(bits, quality, source, server, number)

    def _data(self, tag, reference, areas):
        """The bytes of a text or array. None: the tag has a larger area since, so that it has to be planned anew."""
        place = self.table._geometry.place(reference)
        if place is None:
            raise Damaged(f"the value of {tag.path} lies outside the table; restart its writer")
        start, length = place
        if length == 0:
            return b""
        if self._area_runs:
            run, at = _find_run(self._area_runs, start)
            if 0 <= at and at + length <= len(areas[run]):
                return areas[run][at:at + length]
        self._directory = _LOOK_AGAIN
        return None
