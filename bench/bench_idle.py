"""What a server costs that has nothing to do: an empty one, and the pump station with nobody looking."""

import statistics
import time

import harness
from processes import cpu_seconds, resident_bytes
from report import Row, require

SECONDS = 10
STARTS = 5


def of(server, what, limit):
    pids = [server.program.pid, *(connector["pid"] for connector in server.client.connectors().values())]
    time.sleep(2)  # what a start leaves behind is no part of it
    before = cpu_seconds(pids)
    time.sleep(SECONDS)
    used = (cpu_seconds(pids) - before) / SECONDS * 100
    require(server.client.get("/api/status")["ready"], f"{what}: not ready")
    return [Row(f"{what}: CPU, {len(pids)} processes", used, "% of a core", limit, "% allowed" if limit else ""),
            Row(f"{what}: resident memory", resident_bytes(pids) / 2**20, "MiB", 60, "MiB allowed")]


def rows():
    out = []
    with harness.Server(command="serve") as server:
        starts = []
        for _ in range(STARTS):
            server.stop()
            server.restart()
            starts.append(server.started_in)
        median = statistics.median(starts)
        out.append(Row("empty: start until it listens", median * 1e3, "ms", spread=(max(starts) - min(starts)) / median))
        out += of(server, "empty", 1)
    with harness.Demo() as demo:
        demo.client.wait_for_good(60)
        out += of(demo, "pump station, 60 tags at 2 Hz and its simulator", None)
    return out
