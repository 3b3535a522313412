"""What the processes of a server hold, to see that it does not grow."""

import os
import pathlib

from waiting import wait_until


def resources(server):
    """Process -> (open descriptors, resident KiB): "server" and "connector NAME"."""
    out = {}
    for pid, command in server.processes().items():
        words = command.split()
        name = f"connector {words[words.index('connector') + 1]}" if "connector" in words else "server"
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        out[name] = (len(os.listdir(f"/proc/{pid}/fd")), resident)
    return out


def settled_resources(server):
    """The same, once the sockets of connections that just ended are closed."""
    last = resources(server)

    def steady():
        nonlocal last
        now = resources(server)
        same = {name: count for name, (count, _) in now.items()} == {name: count for name, (count, _) in last.items()}
        last = now
        return same and now
    return wait_until(steady, 10, "the number of open descriptors to settle")


def growth(before, after, kib):
    """What holds more than before: a descriptor, or `kib` of memory; [] when nothing does."""
    return [f"(descriptors, KiB) of the {name}: {before[name]} became {now}" for name, now in after.items()
            if now[0] > before[name][0] or now[1] - before[name][1] > kib]
