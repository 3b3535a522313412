"""1,000 WebSocket clients that follow 100 signals of a device each, all sets different, ten changes a second: every value
checked. The limit of this machine in the same run: a loop that does nothing but send as many bytes to as many sockets."""

import contextlib
import json
import subprocess

import harness
import native
import signals_plant
from processes import cpu_seconds
from report import Row, require

CLIENTS, TAGS_EACH, RATE = 1000, 100, 10
WATCHES = 8  # of the clients, in a process of their own: what they wait for is not the work of the others
PER_UNIT = 500
SECONDS = 15


def rows():
    program, bare = native.build("websocket"), native.build("sockets")
    with harness.Simulator("signals", "--speed", str(RATE)) as simulator:
        project = signals_plant.project(simulator.port, PER_UNIT, signal_period="100ms")
        with harness.Plant(project, ready_seconds=30) as server:
            server.client.wait_for_good(PER_UNIT * len(signals_plant.UNITS), seconds=30)
            alone = measured(server, lambda: subprocess.run(["sleep", str(SECONDS)], check=True))
            with crowd_of(program, server, CLIENTS - WATCHES) as crowd, crowd_of(program, server, WATCHES) as watches:
                said(crowd), said(watches)
                counts = {}
                used = measured(server, lambda: counts.update(json.loads(said(crowd))))
                delays = json.loads(said(watches))
    limit, = native.rows("sockets", CLIENTS, counts["bytes"] // counts["messages"], RATE, 5)
    items = (counts["items"] + delays["items"]) / SECONDS
    asked = CLIENTS * TAGS_EACH * RATE
    wrong = counts["wrong"] + delays["wrong"]
    require(wrong == 0, f"{wrong} items were wrong")
    require(items > 0.9 * asked, f"{items:,.0f} of {asked:,} values a second arrived")
    return [
        Row(f"{CLIENTS:,} clients × {TAGS_EACH} tags at {RATE} Hz: CPU for them", used - alone, "% of a core", 25, "% allowed"),
        Row("the same", used - alone, "% of a core", limit.figure, "% for a bare loop that sends as much"),
        Row("CPU of the server in all, polling included", used, "% of a core"),
        Row("values delivered, each checked", items, "1/s", asked, "1/s asked for", more_is_better=True),
        Row("from the engine's step to the client, p99", delays["p99"] / 1000, "ms", 10, "ms allowed"),
        Row("the same, p50", delays["p50"] / 1000, "ms"),
        Row("messages", counts["messages"] / SECONDS, "1/s"),
        Row("bytes sent", counts["bytes"] / SECONDS / 1e6, "MB/s"),
    ]


@contextlib.contextmanager
def crowd_of(program, server, clients):
    crowd = subprocess.Popen([program, str(server.port), server.client.token, str(clients), str(SECONDS), str(PER_UNIT)],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield crowd
    finally:
        crowd.kill()
        crowd.communicate()


def said(crowd):
    """The next line of the clients' program; what is wrong when there is none."""
    line = crowd.stdout.readline()
    require(line, line or crowd.stderr.read()[-500:])
    return line


def measured(server, work):
    """Percent of a core that the server takes while something goes on for SECONDS."""
    before = cpu_seconds([server.program.pid])
    work()
    return (cpu_seconds([server.program.pid]) - before) / SECONDS * 100
