"""Sleeping until a word in shared memory changes, and the order of loads on machines that need help with it."""

import ctypes
import errno
import os
import platform
import time

_NUMBERS = {"x86_64": 202, "aarch64": 98, "riscv64": 98, "ppc64le": 221, "s390x": 238, "loongarch64": 98}
_FUTEX_WAIT, _FUTEX_WAKE = 0, 1
_NUMBER = _NUMBERS.get(platform.machine()) if ctypes.sizeof(ctypes.c_long) == 8 else None

#: x86 never swaps two loads. Elsewhere fence() has to stand between them.
ORDERS_LOADS = platform.machine() in ("x86_64", "AMD64", "i686", "i386")


class _Timespec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


class _Buffer(ctypes.Structure):
    """Py_buffer"""

    _fields_ = [("buf", ctypes.c_void_p), ("obj", ctypes.py_object), ("len", ctypes.c_ssize_t),
                ("itemsize", ctypes.c_ssize_t), ("readonly", ctypes.c_int), ("ndim", ctypes.c_int),
                ("format", ctypes.c_char_p), ("shape", ctypes.c_void_p), ("strides", ctypes.c_void_p),
                ("suboffsets", ctypes.c_void_p), ("internal", ctypes.c_void_p)]


_libc = ctypes.CDLL(None, use_errno=True)


def address_of(view):
    """Where a read-only buffer lies; None where this Python cannot tell."""
    try:
        api = ctypes.pythonapi
        buffer = _Buffer()
        if api.PyObject_GetBuffer(ctypes.py_object(view), ctypes.byref(buffer), 0) != 0:
            return None
        address = buffer.buf
        api.PyBuffer_Release(ctypes.byref(buffer))
        return address
    except (AttributeError, BufferError, ValueError):
        return None


def _futex(address, operation, value, timeout):
    limit = None
    if timeout is not None:
        limit = ctypes.byref(_Timespec(int(timeout), int(timeout % 1 * 1e9)))
    ended = _libc.syscall(ctypes.c_long(_NUMBER), ctypes.c_void_p(address), ctypes.c_int(operation),
                          ctypes.c_uint32(value), limit, None, ctypes.c_int(0))
    return 0 if ended >= 0 else ctypes.get_errno()


def can_sleep(address):
    return _NUMBER is not None and address is not None


def sleep_while(address, value, timeout):
    """Until the 32-bit word is another one, somebody wakes, a signal comes or `timeout` seconds (None = for ever) are
    over. The caller looks again."""
    fault = _futex(address, _FUTEX_WAIT, value, timeout)
    if fault not in (0, errno.EAGAIN, errno.EINTR, errno.ETIMEDOUT):
        raise OSError(fault, os.strerror(fault))


def poll(attempt, left):
    """A pause of a reader that cannot sleep on the word: 1 ms at first, 20 ms later."""
    pause = min(0.001 * (attempt + 1), 0.02)
    time.sleep(pause if left is None else max(0.0, min(pause, left)))


_own_word = ctypes.c_uint32(0)


def fence():
    """A full barrier: waking waiters, of whom there are none, is one in every Linux."""
    if _NUMBER is not None:
        _futex(ctypes.addressof(_own_word), _FUTEX_WAKE, 0, None)


#: Stands between loads that must keep their order.
order_loads = (lambda: None) if ORDERS_LOADS else fence
