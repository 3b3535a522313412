"""Path -> slot, and what a slot's entry says: docs/formats/table.md, "Finding a tag"."""

from typing import NamedTuple

from . import futex, layout
from .errors import Unsteady

ATTEMPTS = 1000


class Entry(NamedTuple):
    tag_id: int
    slot: int
    type: int
    path: str
    area: int  #: reference to the first of the tag's two areas
    directory: int  #: the change of the directory it was read under

    @property
    def area_bytes(self):
        return self.area >> 32


class Directory:
    """Of one mapped segment."""

    def __init__(self, geometry, view, words):
        self._geometry = geometry
        self._view = view
        self._words = words

    def slot_limit(self):
        """Slots that were ever used: what lies behind has no memory and must not be touched."""
        return min(self._words[layout.SLOT_LIMIT] & layout.LOW_HALF, self._geometry.slot_capacity)

    def tag_count(self):
        return min(self._words[layout.SLOT_LIMIT] >> 32, self._geometry.slot_capacity)

    def entry_in(self, slot):
        """The tag in a slot; None for an empty or unreadable one."""
        return self._steady(lambda directory: self._entry(slot, directory))

    def find(self, path):
        """The entry of the tag with this path, None = there is none."""
        return self._steady(lambda directory: self._walk(path, directory))

    def _steady(self, look):
        """What `look` finds while nothing changes."""
        for _ in range(ATTEMPTS):
            directory = self._words[layout.DIRECTORY]
            futex.order_loads()
            found = look(directory)
            futex.order_loads()
            if self._words[layout.DIRECTORY] == directory:
                return found
        raise Unsteady("the tags change faster than they can be looked up; try again")

    def _entry(self, slot, directory):
        if slot >= self.slot_limit():
            return None
        at = (self._geometry.entries + slot * layout.ENTRY_BYTES) // 8
        tag_id, path, area, _, kind = (self._words[at + field] for field in range(5))
        place = self._geometry.place(path)
        if tag_id == 0 or place is None or place[1] > layout.MAX_PATH or self._geometry.place(area) is None:
            return None
        text = bytes(self._view[place[0]:sum(place)]).decode("utf-8", "replace")
        return Entry(tag_id, slot, kind if kind <= layout.STRING_ARRAY else layout.NULL, text, area, directory)

    def _walk(self, path, directory):
        geometry, words = self._geometry, self._words
        code = layout.hash_path(path.encode())
        mask = geometry.bucket_count - 1
        at = code & mask
        for _ in range(geometry.bucket_count):
            bucket = words[geometry.buckets // 8 + at]
            if bucket == 0:
                return None
            if bucket >> 32 == code >> 32:
                entry = self._entry((bucket & layout.LOW_HALF) - 1, directory)
                if entry is not None and entry.path == path:
                    return entry
            at = at + 1 & mask
        return None
