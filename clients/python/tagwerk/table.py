"""The current values of a plant in shared memory."""

import os
import time

from . import futex, layout
from .directory import Directory
from .errors import Closed, NoTable, Replaced, TableError, TagNotFound
from .group import Group
from .memory import PosixMemory, SysvMemory, instances
from .tag import Tag
from .value import Writer

__all__ = ["Group", "Table", "Tag"]

#: Where nothing else tells whether the writer lives (System V, another pid namespace).
_HEARTBEAT_PATIENCE = 5.0


class Table:
    """Opens a table for reading, by its instance or by the key of its System V segment.

    Without either it opens the only table of this machine. Any number of threads may use a Table; a Tag or Group belongs
    to one of them at a time. It never writes and never holds up the writer.
    """

    def __init__(self, instance=None, *, sysv_key=None):
        if instance is not None and sysv_key is not None:
            raise TableError("open a table by its instance or by its System V key, not by both")
        self._instance, self._sysv_key = instance, sysv_key
        self._memory = self._words = None
        self._open()

    def _open(self):
        if self._sysv_key is not None:
            memory = SysvMemory(self._sysv_key)
        else:
            memory = PosixMemory(self._instance if self._instance is not None else _only_instance())
        try:
            self._geometry = layout.Geometry(memory.view, memory.name)
        except TableError:
            memory.close()
            raise
        self._memory = memory
        self._bytes = memory.view
        self._words = memory.view[:len(memory.view) // 8 * 8].cast("Q")
        self._directory = Directory(self._geometry, self._bytes, self._words)

    def close(self):
        """What was found in it raises Closed from here on. A second call does nothing."""
        if self._memory is None:
            return
        words, memory = self._words, self._memory
        self._words = self._bytes = self._directory = self._memory = None
        words.release()
        memory.close()

    def reopen(self):
        """After Replaced, or when is_removed: the segment that has the name or key now. Tags and groups stay valid, as far
        as their paths are still there. Not while another thread reads."""
        self.close()
        self._open()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def __del__(self):
        if getattr(self, "_memory", None) is not None:
            self.close()

    # --- tags

    def find(self, path):
        """The Tag with this path. Raises TagNotFound or Replaced."""
        return Tag(self, self._entry_of(path))

    def __iter__(self):
        """Every Tag, in the order of slots."""
        self._check_open()
        self._check_replaced()
        for slot in range(self._directory.slot_limit()):
            entry = self._entry_in(slot)
            if entry is not None:
                yield Tag(self, entry)

    def __len__(self):
        self._check_open()
        return self._directory.tag_count()

    def __contains__(self, path):
        self._check_open()
        return self._directory.find(path) is not None

    def read(self, tag):
        """The newest Value of a Tag or path. A program that reads often finds the tag once."""
        return (self.find(tag) if isinstance(tag, str) else tag).read()

    def group(self, tags):
        """Tags or paths to be read together, prepared."""
        self._check_open()
        return Group(self, [self.find(tag) if isinstance(tag, str) else tag for tag in tags])

    def read_many(self, tags):
        """Values of Tags or paths as they were at one moment: Group.read without keeping the group."""
        return self.group(tags).read()

    # --- the table as a whole

    @property
    def instance(self):
        return self._geometry.instance

    @property
    def slot_capacity(self):
        return self._geometry.slot_capacity

    @property
    def sysv_key(self):
        """Key of the System V segment beside the POSIX one; 0 = there is none."""
        self._check_open()
        return self._words[layout.SYSV_KEY] & layout.LOW_HALF

    @property
    def publish(self):
        """Number of the last committed batch."""
        self._check_open()
        return self._words[layout.COMMITTED]

    @property
    def is_replaced(self):
        """A new segment took this one's place: reopen()."""
        self._check_open()
        return self._words[layout.STATE] & layout.LOW_HALF == layout.STATE_REPLACED

    @property
    def is_removed(self):
        """No name or key leads here any more."""
        self._check_open()
        return self._memory.is_removed()

    @property
    def writer(self):
        """Who writes it, as a Writer."""
        self._check_open()
        words = self._words
        pid = words[layout.WRITER_PID] & layout.LOW_HALF
        age = (time.monotonic_ns() - words[layout.HEARTBEAT_MONO]) / 1e9
        return Writer(pid, pid != 0 and self._is_alive(pid, age), age, words[layout.GENERATION])

    def wait_changed(self, seen=0, timeout=None):
        """Sleeps until a batch after number `seen` was committed, at most `timeout` seconds (None = for ever); returns the
        number of the last batch, which is `seen` when nothing came. Start with 0: the first call returns at once. A
        writer that is killed wakes nobody: use a timeout and look at `writer`. Raises Replaced."""
        deadline = None if timeout is None else time.monotonic() + timeout
        attempt = 0
        while True:
            self._check_open()
            self._check_replaced()
            now = self._words[layout.COMMITTED]
            left = None if deadline is None else deadline - time.monotonic()
            if now != seen or (left is not None and left <= 0):
                return now
            address = self._memory.address
            if futex.can_sleep(address):
                futex.sleep_while(address + layout.FUTEX_OFFSET, now & layout.LOW_HALF, left)
            else:
                futex.poll(attempt, left)
                attempt += 1

    # --- for Tag and Group

    def _check_open(self):
        if self._words is None:
            raise Closed("the table was closed")

    def _check_replaced(self):
        if self._words[layout.STATE] & layout.LOW_HALF == layout.STATE_REPLACED:
            raise Replaced(f"a new segment took the place of {self._memory.name}; call reopen()")

    def _entry_in(self, slot):
        self._check_open()
        return self._directory.entry_in(slot)

    def _entry_of(self, path):
        self._check_open()
        self._check_replaced()
        entry = self._directory.find(path)
        if entry is None:
            raise TagNotFound(f"the table {self.instance!r} has no tag {path!r}; paths begin with / and are "
                              "case-sensitive")
        return entry

    def _is_alive(self, pid, age):
        """In another pid namespace the number says nothing: then the lock tells, and without one the heartbeat."""
        if self._words[layout.WRITER_PID_NAMESPACE] == os.stat("/proc/self/ns/pid").st_ino:
            return _start_ticks(pid) == self._words[layout.WRITER_START_TICKS]
        locked = self._memory.is_locked()
        return age < _HEARTBEAT_PATIENCE if locked is None else locked


def _only_instance():
    found = instances()
    if len(found) == 1:
        return found[0]
    if not found:
        raise NoTable("there is no table on this machine; start a server")
    raise TableError(f"there are {len(found)} tables; name one of {', '.join(found[:20])}")


def _start_ticks(pid):
    """When a process started; None for one that is gone or waits to be reaped."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            words = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if words[0] in (b"Z", b"X") else int(words[19])
