"""Devices behind fault proxies, polled by one server: what tests/faults and tests/soak run rounds of faults on.

A peer says how a connector type reaches its devices; every fault of the table is tried on every peer. A new connector
joins by one more entry in PEERS.
"""

import collections
import contextlib
import dataclasses
import functools
import random
import threading
import time

import harness
import resources
from bad_addresses import BadAddresses
from fault_proxy import FaultProxy
from http_client import nanoseconds
from lossy_network import LossyNetwork, LossyWay, Unavailable
from waiting import Failed, side_by_side

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


# Needs more of the machine than the others.
PACKETS_LOST = "packets lost"
# Concerns one tag of a device, and is over a minute later.
BAD_ADDRESS = "one bad address"

FAULTS = [
    Fault("refuse"),
    Fault("mute", ("BadNoCommunication", "BadTimeout")),
    Fault("half-open", ("BadNoCommunication", "BadTimeout")),
    Fault(PACKETS_LOST, ("BadNoCommunication", "BadTimeout")),
    Fault("late", ("BadNoCommunication", "BadTimeout")),
    Fault("garbage"),
    Fault("close mid-frame"),
    Fault("restart"),
    Fault("slow", ("BadNoCommunication", "BadTimeout")),
    Fault("trickle", ()),
    Fault(BAD_ADDRESS, ()),
]


class ModbusPeer:
    """The devices are units of `tagwerk simulate signals`."""

    name = "modbus"

    def device(self, host="127.0.0.1"):
        return harness.Simulator("signals", "--host", host)

    def project(self, places, spares):
        """`places`: device name -> (host, port). Each has a value that changes once a second, one that can be written and one
        that the device does not have. `spares`: those that must not be disturbed -> how many more values they have. They get
        more time, as does the device Living that is reached without a proxy."""
        patient = {"Living", *spares}
        lines = ["connectors:", "  plc:", "    type: modbus", "    unit: 1", "    host: 127.0.0.1",
                 f"    period: {PERIOD_SECONDS * 1000:.0f}ms", f"    timeout: {TIMEOUT_SECONDS * 1000:.0f}ms", "    devices:"]
        lines += [f"      {device}: {{host: {host}, port: {port}{patience}}}" for device, (host, port) in places.items()
                  for patience in [f", timeout: {UNDISTURBED_SECONDS}s" if device in patient else ""]]
        lines.append("tags:")
        for device in places:
            patience = f", stale_after: {UNDISTURBED_SECONDS}s" if device in patient else ""

            def tag(name, kind, address, dtype, more=patience, device=device):
                lines.append(f"  {device}/{name}: {{type: {kind}, source: {{connector: plc, device: {device}, "
                             f'address: "HR:{address}", dtype: {dtype}}}{more}}}')
            tag("Step", "int", 2, "uint32")
            tag("Scratch", "int", 100, "uint16", f", write: operator{patience}")
            tag("Missing", "int", 5000, "uint16")
            for number in range(spares.get(device, 0)):
                tag(f"Spare{number}", "int", self.FIRST_SPARE + number, "uint16")
        return "\n".join(lines) + "\n"

    def refusing_spare(self, number):
        """For FaultProxy: the device answers exception 2 to whoever reads this one."""
        register = self.FIRST_SPARE + number

        def split(requests):
            passed, answers = b"", b""
            while requests:
                length = 6 + int.from_bytes(requests[4:6], "big")
                request, requests = requests[:length], requests[length:]
                start, count = int.from_bytes(request[8:10], "big"), int.from_bytes(request[10:12], "big")
                if request[7] == 3 and start <= register < start + count:
                    answers += request[:4] + b"\0\3" + request[6:7] + b"\x83\2"
                else:
                    passed += request
            return passed, answers
        return split

    FIRST_SPARE = 101
    missing_status = "BadNotReadable"


PEERS = {peer.name: peer for peer in (ModbusPeer,)}


class FaultRig:
    """One server, for every fault `lanes_each` devices behind proxies, and one beside them that must not notice anything."""

    def __init__(self, peer, lanes_each=1):
        self.peer = PEERS[peer]()
        self.faults = list(FAULTS)  # those that this machine can do
        self.left_out = None  # why not all of them
        self.network = None
        self.items = {}  # path -> the last item
        self.good_since = {}  # path -> time of the first item of those that are Good now
        self.must_be_good = {"/Living/Step", "/Living/Scratch"}
        self.disturbed = []  # what those showed but Good
        self._lanes_each = lanes_each
        self._ways = []  # of every lane: a proxy, or a way through the network
        self._bad_addresses = {}  # lane -> what is refused there in turn
        self._lock = threading.Lock()
        self._heard = collections.defaultdict(lambda: threading.Condition(self._lock))  # path -> a new item of it
        self._stack = contextlib.ExitStack()
        self._ended = False

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            device = stack.enter_context(self.peer.device())
            self._make_ways(stack, device.port)
            places = {f"Lane{lane}": (way.host, way.port) for lane, way in enumerate(self._ways)}
            places["Living"] = ("127.0.0.1", device.port)
            spares = {f"Lane{lane}": BadAddresses.SPARES if lane in self._bad_addresses else 0
                      for lane in range(len(self._ways)) if not self._fault_of(lane).statuses}
            self.server = stack.enter_context(harness.Plant(self.peer.project(places, spares), ready_seconds=30))
            socket = stack.enter_context(self.server.client.socket())
            socket.subscribe(1, *(f"/*/{name}" for name in ("Step", "Scratch", "Missing")), every=True)
            for lane, each in self._bad_addresses.items():
                socket.subscribe(2 + lane, *each.spares)
            listener = threading.Thread(target=self._listen, args=(socket,), daemon=True)
            listener.start()
            stack.callback(listener.join, 5)
            stack.callback(self._end)
            self._wait_for_first_values(places)
            self._stack = stack.pop_all()
        return self

    def _make_ways(self, stack, port):
        """For each lane the way from the server to its device."""
        try:
            self.network = stack.enter_context(LossyNetwork())
            distant = self.peer.device("0.0.0.0")
            self.network.inside(distant.start)
            stack.push(distant)
        except Unavailable as reason:
            self.left_out = f"'{PACKETS_LOST}' is LEFT OUT: {reason}"
            self.faults = [fault for fault in FAULTS if fault.name != PACKETS_LOST]
        for lane in range(self._lanes_each * len(self.faults)):
            fault = self._fault_of(lane).name
            if fault == PACKETS_LOST:
                self._ways.append(LossyWay(self.network, lane, distant.port))
                continue
            way = stack.enter_context(FaultProxy(port, late_seconds=2.5 * TIMEOUT_SECONDS))
            self._ways.append(way)
            if fault == BAD_ADDRESS:
                self._bad_addresses[lane] = BadAddresses(self, lane, way)

    def _fault_of(self, lane):
        return self.faults[lane % len(self.faults)]

    def _wait_for_first_values(self, devices):
        def is_good(item):
            return item["status"] == "Good"
        for device in devices:
            self.wait(f"/{device}/Step", is_good, 15, "the first Good value")
            self.wait(f"/{device}/Missing", lambda item: item["status"] == self.peer.missing_status, 15,
                      self.peer.missing_status)
        for each in self._bad_addresses.values():
            for path in each.watched:
                self.wait(path, is_good, 15, "the first Good value")
            self.must_be_good |= each.watched
        self.disturbed.clear()

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
        with self._lock:
            path, is_good = item["path"], item["status"] == "Good"
            if not is_good:
                self.good_since.pop(path, None)
                if path in self.must_be_good:
                    self.disturbed.append(item)
            self.items[path] = item
            if is_good:
                self.good_since.setdefault(path, nanoseconds(item["time"]))
            if path in self._heard:
                self._heard[path].notify_all()

    def wait(self, path, condition, seconds, what):
        """The item of `path` once the condition holds for it, and how long that took."""
        begin = time.monotonic()
        with self._lock:
            good = self._heard[path].wait_for(lambda: path in self.items and condition(self.items[path]), seconds)
            item = self.items.get(path)
        if not good:
            raise Failed(f"waited {seconds:g} s for {what} at {path}; last seen: {item}")
        return item, time.monotonic() - begin

    def round(self, lane, fault):
        """One fault from its beginning to the first new value; returns how long the recovery took."""
        path, way = f"/Lane{lane}/Step", self._ways[lane]
        before = self.items[path]
        way.fail(fault.name)
        if fault.statuses:
            lost, _ = self.wait(path, lambda item: item["status"] in fault.statuses,
                                3 * TIMEOUT_SECONDS + PATIENCE_SECONDS, " or ".join(fault.statuses))
            if lost["value"] is None or lost["value"] < before["value"]:
                raise Failed(f"{fault.name}: the last value {before['value']} was not kept: {lost}")
            time.sleep(random.uniform(0, LONGEST_HOLD_SECONDS))
        else:
            self.stays_good(path, fault.name)
        healed = time.time_ns()
        way.heal()
        _, seconds = self.wait(path, lambda item: item["status"] == "Good" and nanoseconds(item["time"]) > healed,
                               2 * TIMEOUT_SECONDS + BACKOFF_SECONDS + PATIENCE_SECONDS, "a Good value after the fault")
        return seconds

    def stays_good(self, path, fault):
        for _ in range(3):
            now = time.time_ns()
            item, _ = self.wait(path, lambda item, now=now: nanoseconds(item["time"]) > now or item["status"] != "Good",
                                PATIENCE_SECONDS, "a value")
            if item["status"] != "Good":
                raise Failed(f"{fault} is no fault of {path}, which shows {item['status']}")

    def run(self, rounds, to_the_end=False):
        """`rounds` of every fault, spread over its lanes, all lanes at the same time; returns fault -> seconds of every
        recovery. What a device refused is asked for again a minute later; that is waited for when `to_the_end` says so."""
        taken = {fault.name: [] for fault in self.faults}

        def drive(lane, fault):
            taken[fault.name].extend(self._drive(lane, fault, rounds // self._lanes_each, to_the_end))

        side_by_side({f"lane {lane}, {fault.name}": functools.partial(drive, lane, fault)
                      for lane in range(len(self._ways)) for fault in [self._fault_of(lane)]})
        if self.disturbed:
            raise Failed(f"what must stay Good was disturbed {len(self.disturbed)} times, first: {self.disturbed[0]}")
        return taken

    def _drive(self, lane, fault, rounds, to_the_end):
        if fault.name != BAD_ADDRESS:
            return [self.round(lane, fault) for _ in range(rounds)]
        turns = self._bad_addresses[lane]
        return turns.run(rounds, to_the_end)

    def settled_resources(self):
        return resources.settled_resources(self.server)
