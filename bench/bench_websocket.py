"""1,000 WebSocket clients that follow 100 signals each, all sets different, ten changes a second: every value checked."""

import json
import subprocess

import harness
import native
import signals_plant
from processes import cpu_seconds
from report import Row, require

CLIENTS, TAGS_EACH, RATE = 1000, 100, 10
PER_UNIT = 500
SECONDS = 15


def rows():
    program = native.build("websocket")
    with harness.Simulator("signals", "--speed", str(RATE)) as simulator:
        project = signals_plant.project(simulator.port, PER_UNIT, signal_period="100ms")
        with harness.Plant(project, ready_seconds=30) as server:
            server.client.wait_for_good(PER_UNIT * len(signals_plant.UNITS), seconds=30)
            alone = measured(server, lambda: subprocess.run(["sleep", str(SECONDS)], check=True))
            crowd = subprocess.Popen([program, str(server.port), server.client.token, str(CLIENTS), str(SECONDS), str(PER_UNIT)],
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            try:
                said(crowd)
                counts = {}
                used = measured(server, lambda: counts.update(json.loads(said(crowd))))
            finally:
                crowd.kill()
                crowd.communicate()
    items = counts["items"] / SECONDS
    asked = CLIENTS * TAGS_EACH * RATE
    require(counts["wrong"] == 0, f"{counts['wrong']} items were wrong")
    require(items > 0.9 * asked, f"{items:,.0f} of {asked:,} values a second arrived")
    return [
        Row(f"{CLIENTS:,} clients × {TAGS_EACH} tags at {RATE} Hz: CPU for them", used - alone, "% of a core", 25, "% allowed"),
        Row("CPU of the server in all, polling included", used, "% of a core"),
        Row("values delivered, each checked", items, "1/s", asked, "1/s asked for", more_is_better=True),
        Row("bytes sent", counts["bytes"] / SECONDS / 1e6, "MB/s"),
    ]


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
