"""Devices behind fault proxies, polled by one server: what tests/faults and tests/soak run rounds of faults on.

A peer says how a connector type reaches its devices; every fault of the table is tried on every peer. A new connector
joins by one more entry in PEERS.
"""

import contextlib
import dataclasses
import os
import pathlib
import random
import threading
import time

import harness
from fault_proxy import FaultProxy
from http_client import nanoseconds
from waiting import Failed, wait_until

TIMEOUT_SECONDS = 1.0
PERIOD_SECONDS = 0.25
# After so short an outage the next attempt is at most this far away (link/backoff.hpp: 0.1, 0.5, 1, 2 s, each ±20 %).
BACKOFF_SECONDS = 2.4
# A fault goes on for as long after it was seen, so that attempts fall into every stage of the backoff.
LONGEST_HOLD_SECONDS = 2.0
# The device without faults may be silent for so long: a shared machine stands still for a second now and then, and nine
# timeouts one after the other take longer.
UNDISTURBED_SECONDS = 3
# What a busy machine may add before it counts as broken.
PATIENCE_SECONDS = 3.0


@dataclasses.dataclass
class Fault:
    name: str
    # What the tag may show while it lasts; empty: it stays Good.
    statuses: tuple = ("BadNoCommunication",)


FAULTS = [
    Fault("refuse"),
    Fault("mute", ("BadNoCommunication", "BadTimeout")),
    Fault("half-open", ("BadNoCommunication", "BadTimeout")),
    Fault("late", ("BadNoCommunication", "BadTimeout")),
    Fault("garbage"),
    Fault("close mid-frame"),
    Fault("restart"),
    Fault("slow", ("BadNoCommunication", "BadTimeout")),
    Fault("trickle", ()),
]


class ModbusPeer:
    """The devices are units of `tagwerk simulate signals`."""

    name = "modbus"

    def __init__(self):
        self.simulator = harness.Simulator("signals")

    def start(self):
        self.simulator.start()
        return self.simulator.port

    def stop(self):
        if self.simulator.program.is_running:
            self.simulator.stop()

    def project(self, ports):
        """`ports`: device name -> port. Each has a value that changes once a second, one that can be written and one that
        the device does not have; the device Living is reached without a proxy."""
        lines = ["connectors:", "  plc:", "    type: modbus", "    host: 127.0.0.1", "    unit: 1",
                 f"    period: {PERIOD_SECONDS * 1000:.0f}ms", f"    timeout: {TIMEOUT_SECONDS * 1000:.0f}ms", "    devices:"]
        lines += [f"      {device}: {{port: {port}{patience}}}" for device, port in ports.items()
                  for patience in [f", timeout: {UNDISTURBED_SECONDS}s" if device == "Living" else ""]]
        lines.append("tags:")
        for device in ports:
            patience = f", stale_after: {UNDISTURBED_SECONDS}s" if device == "Living" else ""

            def tag(name, kind, address, dtype, more=patience, device=device):
                lines.append(f"  {device}/{name}: {{type: {kind}, source: {{connector: plc, device: {device}, "
                             f'address: "{address}", dtype: {dtype}}}{more}}}')
            tag("Step", "int", "HR:2", "uint32")
            tag("Scratch", "int", "HR:100", "uint16", f", write: operator{patience}")
            tag("Missing", "int", "HR:5000", "uint16")
        return "\n".join(lines) + "\n"

    missing_status = "BadNotReadable"


PEERS = {peer.name: peer for peer in (ModbusPeer,)}


class FaultRig:
    """One server, for every fault `lanes_each` devices behind proxies, and one beside them that must not notice anything."""

    def __init__(self, peer, lanes_each=1):
        self.peer = PEERS[peer]()
        self.lanes = lanes_each * len(FAULTS)
        self.items = {}  # path -> the last item
        self.disturbed = []  # what the device without a proxy showed but Good
        self._heard = threading.Condition()
        self._stack = contextlib.ExitStack()
        self._ended = False

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            port = self.peer.start()
            stack.callback(self.peer.stop)
            self.proxies = [stack.enter_context(FaultProxy(port, late_seconds=2.5 * TIMEOUT_SECONDS)) for _ in range(self.lanes)]
            ports = {f"Lane{lane}": proxy.port for lane, proxy in enumerate(self.proxies)}
            self.server = stack.enter_context(harness.Plant(self.peer.project({**ports, "Living": port}), ready_seconds=30))
            socket = stack.enter_context(self.server.client.socket())
            socket.subscribe(1, "/**", every=True)
            listener = threading.Thread(target=self._listen, args=(socket,), daemon=True)
            listener.start()
            stack.callback(listener.join, 5)
            stack.callback(self._end)
            for device in (*ports, "Living"):
                self.wait(f"/{device}/Step", lambda item: item["status"] == "Good", 15, "the first Good value")
                self.wait(f"/{device}/Missing", lambda item: item["status"] == self.peer.missing_status, 15,
                          self.peer.missing_status)
            self.disturbed.clear()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exception):
        return self._stack.__exit__(*exception)

    def _end(self):
        self._ended = True

    def _listen(self, socket):
        while not self._ended and socket.is_open:
            with contextlib.suppress(Failed):
                for item in socket.receive(0.5).get("items", ()):
                    self._take(item)

    def _take(self, item):
        with self._heard:
            self.items[item["path"]] = item
            if item["path"] in ("/Living/Step", "/Living/Scratch") and item["status"] != "Good":
                self.disturbed.append(item)
            self._heard.notify_all()

    def wait(self, path, condition, seconds, what):
        """The item of `path` once the condition holds for it, and how long that took."""
        begin = time.monotonic()
        with self._heard:
            good = self._heard.wait_for(lambda: path in self.items and condition(self.items[path]), seconds)
            item = self.items.get(path)
        if not good:
            raise Failed(f"waited {seconds:g} s for {what} at {path}; last seen: {item}")
        return item, time.monotonic() - begin

    def round(self, lane, fault):
        """One fault from its beginning to the first new value; returns how long the recovery took."""
        path, proxy = f"/Lane{lane}/Step", self.proxies[lane]
        before = self.items[path]
        proxy.fail(fault.name)
        if fault.statuses:
            lost, _ = self.wait(path, lambda item: item["status"] in fault.statuses,
                                3 * TIMEOUT_SECONDS + PATIENCE_SECONDS, " or ".join(fault.statuses))
            if lost["value"] is None or lost["value"] < before["value"]:
                raise Failed(f"{fault.name}: the last value {before['value']} was not kept: {lost}")
            time.sleep(random.uniform(0, LONGEST_HOLD_SECONDS))
        else:
            self._stays_good(path, fault)
        healed = time.time_ns()
        proxy.heal()
        _, seconds = self.wait(path, lambda item: item["status"] == "Good" and nanoseconds(item["time"]) > healed,
                               2 * TIMEOUT_SECONDS + BACKOFF_SECONDS + PATIENCE_SECONDS, "a Good value after the fault")
        return seconds

    def _stays_good(self, path, fault):
        for _ in range(3):
            now = time.time_ns()
            item, _ = self.wait(path, lambda item, now=now: nanoseconds(item["time"]) > now or item["status"] != "Good",
                                PATIENCE_SECONDS, "a value")
            if item["status"] != "Good":
                raise Failed(f"{fault.name} is no fault, but {path} shows {item['status']}")

    def run(self, rounds):
        """`rounds` of every fault, spread over its lanes, all lanes at the same time; returns fault -> seconds of every
        recovery."""
        taken, errors = {fault.name: [] for fault in FAULTS}, []

        def drive(lane):
            fault = FAULTS[lane % len(FAULTS)]
            try:
                for _ in range(rounds * len(FAULTS) // self.lanes):
                    taken[fault.name].append(self.round(lane, fault))
            except Exception as error:  # pylint: disable=broad-except  # shown to the caller
                errors.append(f"lane {lane}, {fault.name}: {error}")

        threads = [threading.Thread(target=drive, args=(lane,)) for lane in range(self.lanes)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise Failed("\n".join(errors))
        if self.disturbed:
            raise Failed(f"the device beside them was disturbed {len(self.disturbed)} times, first: {self.disturbed[0]}")
        return taken

    def resources(self):
        """Process -> (open descriptors, resident KiB) of server and connectors, once every lane is well again."""
        out = {}
        for pid, command in self.server.processes().items():
            name = "connector" if "connector" in command else "server"
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
            out[name] = (len(os.listdir(f"/proc/{pid}/fd")), resident)
        return out

    def settled_resources(self):
        """Sockets of a connection that just ended are closed a moment later."""
        last = self.resources()

        def steady():
            nonlocal last
            now = self.resources()
            same = {name: count for name, (count, _) in now.items()} == {name: count for name, (count, _) in last.items()}
            last = now
            return same and now
        return wait_until(steady, 10, "the number of open descriptors to settle")
