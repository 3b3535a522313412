"""Connectors that are killed again and again while every poll is counted by the device and recorded by a client."""

import contextlib
import functools
import os
import random
import signal
import time

import harness
import resources
import signals_plant
from counter_record import CounterRecord, faults_of
from http_client import nanoseconds
from server_kill_rig import polls_counted_by
from waiting import Failed, side_by_side, wait_until

VICTIMS = {f"victim{unit}": unit for unit in (1, 2, 3)}
NEIGHBOUR, NEIGHBOURS_UNIT = "neighbour", 4
PERIOD_MS = 50
# What a connector has polled and not yet handed over when it dies, and what its successor asked before it was linked.
LOST_AT_MOST = 3
# A connector that ends soon after its start waits 0.5 s, 1 s, 2 s …; a restart by a person begins again at 0.5 s.
FIRST_BACKOFF_SECONDS = 0.5
KILLS_IN_A_ROW = 3
# From the end of that pause to the first new value: 2 s with the first pause included.
RETURN_SECONDS = 1.5
# What a busy machine may add before it counts as broken.
PATIENCE_SECONDS = 3.0


def project(port):
    """Each connector polls the counter of a unit of its own."""
    lines = ["connectors:"]
    units = {**VICTIMS, NEIGHBOUR: NEIGHBOURS_UNIT}
    lines += [f"  {name}: {{type: modbus, host: 127.0.0.1, port: {port}, unit: {unit}, period: {PERIOD_MS}ms, timeout: 2s}}"
              for name, unit in units.items()]
    lines.append("tags:")
    lines += [f'  {signals_plant.counter(unit)[1:]}: {{type: int, source: {{connector: {name}, address: "HR:0", dtype: uint32}}}}'
              for name, unit in units.items()]
    return "\n".join(lines) + "\n"


def faults_after_kills(entries, path, kills):
    """What is wrong with the record of a counter whose connector was killed at the times `kills`: a value that is missing
    elsewhere, more missing values than a connector may hold, a value twice, or an older one again. And how many are
    missing by nature."""
    by_time, faults, lost = {}, [], 0
    for name, when, value in entries:
        if name == path and by_time.setdefault(when, value) != value:
            faults.append(f"{path} was {by_time[when]} and {value} at {when}")
    times = sorted(by_time, key=nanoseconds)
    for before, after in zip(times, times[1:]):
        missing = by_time[after] - by_time[before] - 1
        begin, end = nanoseconds(before), nanoseconds(after)
        if missing < 0:
            faults.append(f"{path}: {by_time[after]} at {after} came after {by_time[before]} at {before}")
        elif missing > 0 and not any(begin <= kill <= end for kill in kills):
            faults.append(f"{path}: {missing} missing between {before} and {after}, when nothing was killed")
        elif missing > LOST_AT_MOST:
            faults.append(f"{path}: {missing} missing after the kill between {before} and {after}")
        lost += max(0, missing)
    return faults, lost


class ConnectorKillRig:
    """One server with the VICTIMS and the NEIGHBOUR; `lost` counts what was polled and never handed over."""

    def __init__(self, seed):
        self.lost = 0
        self._seed = seed
        self._in_a_row = dict.fromkeys(VICTIMS, 0)  # kills since somebody restarted it
        self._kills = {name: [] for name in VICTIMS}  # when, in nanoseconds since 1970
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.simulator = stack.enter_context(harness.Simulator("signals"))
            self.server = stack.enter_context(harness.Plant(project(self.simulator.port)))
            self.client = self.server.client
            self.client.wait_for_good(len(VICTIMS) + 1, 30)
            self.record = CounterRecord(self.server.url, self.server.user, self.server.password,
                                        map(signals_plant.counter, signals_plant.UNITS)).start()
            stack.callback(self.record.stop)
            self._before = self._connector(NEIGHBOUR)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exception):
        return self._stack.__exit__(*exception)

    def kill(self, rounds):
        """Kills connectors `rounds` times, all victims at the same time; returns the seconds of every recovery, without
        the pauses."""
        taken = []

        def drive(name, rounds):
            client, choose = self.server.client, random.Random(f"{self._seed} {name}")
            for _ in range(rounds):
                taken.append(self._round(client, name, choose))
                if self._in_a_row[name] == KILLS_IN_A_ROW:
                    self._restart(client, name)

        side_by_side({name: functools.partial(drive, name, len(range(number, rounds, len(VICTIMS))))
                      for number, name in enumerate(VICTIMS)})
        return taken

    def _connector(self, name, client=None):
        return (client or self.client).connectors()[name]

    def _round(self, client, name, choose):
        """From one moment of a connector's life, also its first, to the first value of the next one."""
        state = wait_until(lambda: (each := self._connector(name, client))["pid"] and each, 10, f"{name} to have a process")
        time.sleep(choose.uniform(0, 0.5))  # the moment is what the test is about
        self._kills[name].append(time.time_ns())
        os.kill(state["pid"], signal.SIGKILL)
        killed = time.time_ns()
        self._kills[name].append(killed)
        pause = FIRST_BACKOFF_SECONDS * 2 ** self._in_a_row[name]
        self._in_a_row[name] += 1
        item = client.wait_for_value(
            signals_plant.counter(VICTIMS[name]),
            lambda item: item["quality"] == 0 and nanoseconds(item["time"]) > killed + pause * 1e9 / 2,
            pause + RETURN_SECONDS + PATIENCE_SECONDS, f"a value of the new {name}")
        after = self._connector(name, client)
        if after["pid"] == state["pid"] or after["restarts"] != state["restarts"] + 1:
            raise Failed(f"{name} was {state} before and {after} after")
        return (nanoseconds(item["time"]) - killed) / 1e9 - pause

    def _restart(self, client, name):
        """As a person does: loses nothing, and the next pause is the first one again."""
        before = self._connector(name, client)
        client.post(f"/api/connectors/{name}/restart", expected=202)
        wait_until(lambda: (each := self._connector(name, client))["state"] == "running" and each["pid"] != before["pid"], 10,
                   f"the new {name} to run")
        self._in_a_row[name] = 0

    def settled_resources(self):
        """Of the server alone: connectors are new ones after each kill."""
        return {"server": resources.settled_resources(self.server)["server"]}

    def faults(self):
        """What is wrong with the record and with the neighbour. Ends the polling."""
        found = [f"{self.record.coalesced} values were coalesced"] if self.record.coalesced else []
        after = self._connector(NEIGHBOUR)
        found += [f"the neighbour's {key} was {self._before[key]} and is {after[key]}"
                  for key in ("pid", "restarts", "since", "dropped") if after[key] != self._before[key]]
        for name in (*VICTIMS, NEIGHBOUR):
            self.client.post(f"/api/connectors/{name}/stop", expected=202)
        wait_until(lambda: all(each["state"] == "stopped" for each in self.client.connectors().values()), 10,
                   "the connectors to stop")
        for name, unit in {**VICTIMS, NEIGHBOUR: NEIGHBOURS_UNIT}.items():
            path = signals_plant.counter(unit)
            counted = polls_counted_by(self.simulator, unit)
            wait_until(lambda: self.record.last(path) == counted, 5,  # pylint: disable=cell-var-from-loop
                       f"poll {counted} of {path}; the last is {self.record.last(path)}")
            if name == NEIGHBOUR:
                found += faults_of(self.record.entries, path)
                continue
            faults, lost = faults_after_kills(self.record.entries, path, self._kills[name])
            found += faults
            self.lost += lost
        return found
