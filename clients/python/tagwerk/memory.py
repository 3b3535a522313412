"""The two ways to a table's bytes: a POSIX segment by its name, a System V segment by its key. Both read-only."""

import ctypes
import fcntl
import mmap
import os
import re
import struct

try:
    import sysv_ipc
except ImportError:  # Debian: python3-sysv-ipc; without it ctypes does the same
    sysv_ipc = None

from . import futex
from .errors import NoPermission, NoTable, TableError

DIRECTORY = "/dev/shm/"
PREFIX = "tagwerk."
_INSTANCE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,62}")
_SHM_RDONLY = 0o10000
_SHM_DEST = 0o1000
_F_OFD_GETLK = 36
_REMEDY = "let the writer set the table's mode and group so that you belong to it"


def instances():
    """Names of the tables of this machine that have a POSIX segment, sorted."""
    names = (name[len(PREFIX):] for name in os.listdir(DIRECTORY) if name.startswith(PREFIX))
    return sorted(name for name in names if _INSTANCE.fullmatch(name))


class PosixMemory:
    """The file /dev/shm/tagwerk.INSTANCE, mapped."""

    def __init__(self, instance):
        if not _INSTANCE.fullmatch(instance):
            raise TableError(f"instance {instance!r}: use 1 to 63 letters, digits, '.', '_' or '-', no '.' first")
        self.name = f"{DIRECTORY}{PREFIX}{instance}"
        try:
            self._file = os.open(self.name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise NoTable(f"there is no table {self.name}; is its writer started, and the instance's name "
                          "right?") from None
        except PermissionError:
            raise NoPermission(f"{self.name} may not be read; {_REMEDY}") from None
        size = os.fstat(self._file).st_size
        self._map = mmap.mmap(self._file, size, mmap.MAP_SHARED, mmap.PROT_READ) if size else b""
        self.view = memoryview(self._map)
        self.address = futex.address_of(self.view) if size else None

    def is_removed(self):
        """No name leads to it any more."""
        return os.fstat(self._file).st_nlink == 0

    def is_locked(self):
        """Whether its writer holds the lock."""
        form = "hhqqi0q"
        asked = struct.pack(form, fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
        return struct.unpack(form, fcntl.fcntl(self._file, _F_OFD_GETLK, asked))[0] != fcntl.F_UNLCK

    def close(self):
        self.view.release()
        if self._map:
            self._map.close()
        os.close(self._file)


class SysvMemory:
    """A System V segment, attached."""

    def __init__(self, key, use_sysv_ipc=True):
        if not 0 < key <= 0xFFFFFFFF:
            raise TableError(f"System V key {key}: use 1 to 0xffffffff")
        self.name = f"System V segment {key:#010x}"
        self._key = key
        found = _find(lambda record: record.key == key)
        if found is None:
            raise NoTable(f"there is no {self.name}; is its writer started, and is the key its table.sysv_key?")
        self._id = found.id
        if sysv_ipc and use_sysv_ipc:
            self._attach_by_package()
        else:
            self._attach_by_ctypes(found.bytes)

    def _attach_by_package(self):
        try:
            self._attached = sysv_ipc.attach(self._id, None, sysv_ipc.SHM_RDONLY)
        except sysv_ipc.PermissionsError:
            raise NoPermission(f"{self.name} may not be read; {_REMEDY}") from None
        except sysv_ipc.ExistentialError:
            raise NoTable(f"{self.name} was removed just now; try again") from None
        self.view = memoryview(self._attached).cast("B").toreadonly()
        self.address = self._attached.address
        self._detach = self._attached.detach

    def _attach_by_ctypes(self, size):
        libc = ctypes.CDLL(None, use_errno=True)
        libc.shmat.restype = ctypes.c_void_p
        libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
        libc.shmdt.argtypes = [ctypes.c_void_p]
        self.address = libc.shmat(self._id, None, _SHM_RDONLY)
        if self.address in (None, ctypes.c_void_p(-1).value):
            fault = ctypes.get_errno()
            kind, remedy = ((NoPermission, _REMEDY) if fault == 13 else (NoTable, "try again"))
            raise kind(f"{self.name} cannot be attached ({os.strerror(fault)}); {remedy}")
        self._attached = (ctypes.c_char * size).from_address(self.address)
        self.view = memoryview(self._attached).cast("B").toreadonly()
        self._detach = lambda: libc.shmdt(self.address)

    def is_removed(self):
        """No key leads to it any more."""
        found = _find(lambda record: record.id == self._id)
        return found is None or found.key != self._key or bool(found.mode & _SHM_DEST)

    def is_locked(self):
        """It has no lock."""
        return None

    def close(self):
        self.view.release()
        self._attached = None
        self._detach()


class _Record:
    """A line of /proc/sysvipc/shm."""

    def __init__(self, line):
        words = line.split()
        self.key, self.id, self.mode, self.bytes = (int(words[0]) & 0xFFFFFFFF, int(words[1]), int(words[2], 8),
                                                    int(words[3]))


def _find(wanted):
    try:
        with open("/proc/sysvipc/shm", encoding="ascii") as lines:
            next(lines)
            return next((record for record in map(_Record, lines) if wanted(record)), None)
    except (OSError, StopIteration):
        raise TableError("this machine has no System V shared memory, or /proc/sysvipc is hidden; "
                         "open the table by its instance") from None
