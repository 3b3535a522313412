"""20,000 Modbus tags once a second: every value checked, CPU, and how long writes take meanwhile."""

import re
import statistics
import subprocess
import time

import harness
import signals_plant
from processes import cpu_seconds
from report import Row, require

PER_UNIT = 5000
TAGS = PER_UNIT * len(signals_plant.UNITS)
SECONDS = 15
WRITES = 100
# Modbus TCP can do no better: 125 registers an answer, two for a signal; 12 bytes ask, 9 are before the registers.
READS = -(-PER_UNIT * 2 // 125)
LEAST_BYTES = len(signals_plant.UNITS) * (READS * (12 + 9) + PER_UNIT * 4)


def bytes_on_the_wire(port):
    """Of every connection to this port so far, both ways, without the headers of TCP and IP; as the kernel counts them."""
    said = subprocess.run(["ss", "-tinOH", "state", "established", f"dport = :{port}"], check=True, capture_output=True, text=True)
    return sum(int(count) for count in re.findall(r"\bbytes_(?:acked|received):(\d+)", said.stdout))


def check_values(client):
    """Every signal is what the simulator gives, and not old."""
    checked = 0
    for unit in signals_plant.UNITS:
        values = client.values(f"/Unit{unit}/*")
        for path, item in values.items():
            name = path.rsplit("/", 1)[1]
            if not name.startswith("Signal"):
                continue
            require(item["status"] == "Good", f"{path} is {item['status']}")
            require(signals_plant.is_signal(item["value"], unit, int(name[6:])), f"{path} is {item['value']}")
            checked += 1
    require(checked == TAGS, f"{checked} of {TAGS} values")


def polls(client):
    return {unit: client.value(signals_plant.counter(unit))["value"] for unit in signals_plant.UNITS}


def measured_writes(server):
    """Milliseconds until the device has the value and it was read back, each."""
    socket = server.client.socket()
    taken = []
    try:
        for number in range(WRITES):
            unit = signals_plant.UNITS[number % len(signals_plant.UNITS)]
            begin = time.perf_counter()
            socket.send({"op": "write", "id": number, "items": [{"path": signals_plant.scratch(unit), "value": number}]})
            answer, = socket.receive_op("written")["items"]
            taken.append((time.perf_counter() - begin) * 1e3)
            require(answer["ok"] and answer["value"] == number, f"write {number}: {answer}")
            time.sleep(0.02)
    finally:
        socket.close()
    return sorted(taken)


def rows():
    simulator = harness.Simulator("signals").start()
    try:
        project = signals_plant.project(simulator.port, PER_UNIT, counter_periods=("1s", "1s"))
        with harness.Plant(project, ready_seconds=30) as server:
            client = server.client
            client.wait_for_good(TAGS, seconds=30)
            pids = [server.program.pid, *(connector["pid"] for connector in client.connectors().values())]
            before, polled, carried = cpu_seconds(pids), polls(client), bytes_on_the_wire(simulator.port)
            time.sleep(SECONDS)
            carried = (bytes_on_the_wire(simulator.port) - carried) / SECONDS
            used = (cpu_seconds(pids) - before) / SECONDS * 100
            after = polls(client)
            for unit, count in after.items():
                require(abs(count - polled[unit] - SECONDS) <= 2, f"unit {unit} was polled {count - polled[unit]} times")
            check_values(client)
            writes = measured_writes(server)
            return [
                Row(f"{TAGS:,} tags at 1 Hz: CPU, {len(pids)} processes", used, "% of a core", 10, "% allowed"),
                Row("bytes on the wire", carried / 1e3, "kB/s", LEAST_BYTES / 1e3, "kB/s at least, in full blocks"),
                Row("write during it, confirmed: median", statistics.median(writes), "ms"),
                Row("write during it, confirmed: p99", writes[int(len(writes) * 0.99)], "ms", 50, "ms allowed"),
            ]
    finally:
        simulator.stop()
