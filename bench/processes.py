"""CPU time and memory of the processes of a server, from /proc."""

import os
import pathlib

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pids):
    """User and system time that they have used since their start."""
    total = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def resident_bytes(pids):
    """Memory of their own: resident pages that are not shared with files or other processes."""
    total = 0
    for pid in pids:
        resident, shared = map(int, pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1:3])
        total += (resident - shared) * PAGE
    return total
