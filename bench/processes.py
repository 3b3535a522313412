"""CPU time and memory of the processes of a server, from /proc."""

import os
import pathlib
import re

TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids):
    """User and system time that they have used since their start."""
    total = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def resident_bytes(pids):
    """Resident memory, libraries and shared memory included; pages that several processes share count once, in parts (PSS)."""
    texts = (pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids)
    return sum(int(re.search(r"^Pss:\s+(\d+) kB", text, re.M).group(1)) for text in texts) * 1024
