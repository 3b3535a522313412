"""Simulator, server and the record of an independent client, to prove that no poll was lost or doubled."""

import time

import harness
import signals_plant
from counter_record import CounterRecord, faults_of
from http_client import nanoseconds
from pymodbus.client import ModbusTcpClient

COUNTERS = [signals_plant.counter(unit) for unit in signals_plant.UNITS]
CONNECTORS = ("first", "second")
TAGS = 4_000


def polls_counted_by(simulator, unit):
    """The simulator's own counter of a unit. Asking counts as one more poll, which is taken off."""
    client = ModbusTcpClient("127.0.0.1", port=simulator.port, timeout=5)
    try:
        high, low = client.read_holding_registers(0, 2, slave=unit).registers
        return (high << 16 | low) - 1
    finally:
        client.close()


class ServerKillRig:
    """Kills and restarts the server of a plant whose every poll the simulator counts."""

    def __init__(self):
        self.simulator = harness.Simulator("signals")
        self.server = None
        self.record = None

    def __enter__(self):
        self.simulator.__enter__()
        try:
            self.server = harness.Plant(signals_plant.project(self.simulator.port),
                                        http=f"127.0.0.1:{harness.free_port()}")
            self.server.__enter__()
            self.server.client.wait_for_good(TAGS, 30)
            self.record = CounterRecord(self.server.url, self.server.user, self.server.password, COUNTERS).start()
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(self, kind, value, traceback):
        try:
            if self.record:
                self.record.stop()
        finally:
            try:
                if self.server and self.server.program:
                    self.server.__exit__(kind, value, traceback)
            finally:
                self.simulator.__exit__()

    def processes(self):
        return {name: each["pid"] for name, each in self.server.client.connectors().items()}

    def kill_the_server_for(self, seconds):
        """Returns how long after the restart the record's client was back."""
        self.server.kill()
        killed = time.monotonic()
        sessions = self.record.sessions
        # What is measured is the pause itself, so nothing can be waited for instead.
        time.sleep(max(0.0, seconds - (time.monotonic() - killed)))
        self.server.restart()
        ready = time.time()
        harness.wait_until(lambda: self.record.sessions > sessions, 10, "the record's client to be back")
        return self.record.subscribed_at[-1] - ready

    def replace_the_server(self, environment):
        """Kills it and puts one in its place that may die by itself (tests/dying.py), ready or not."""
        self.server.kill()
        self.server.http = f"127.0.0.1:{self.server.port}"
        return self.server.launch(environment)

    def wait_for_the_end(self):
        """Of a server that dies by itself; returns its exit code."""
        dying = self.server.program
        harness.wait_until(lambda: not dying.is_running, 30, "the server to die")
        dying.kill()  # closes its output
        return dying.process.returncode

    def start_again(self):
        sessions = self.record.sessions
        self.server.start()
        harness.wait_until(lambda: self.record.sessions > sessions, 10, "the record's client to be back")

    def wait_for_live_values(self):
        """Until every counter has come with a time after now."""
        now = time.time_ns()
        client = self.server.client

        def live():
            return all(item["quality"] == 0 and nanoseconds(item["time"]) > now
                       for item in client.values(*COUNTERS).values())
        harness.wait_until(live, 15, "counters that are polled again")

    def stop_polling(self):
        client = self.server.client
        for name in CONNECTORS:
            client.post(f"/api/connectors/{name}/stop", expected=202)
        harness.wait_until(lambda: all(each["state"] == "stopped" for each in client.connectors().values()), 10,
                           "the connectors to stop")

    def faults(self):
        """What is wrong with the record: every poll the simulator counted must be in it once. Ends the polling."""
        found = [f"{self.record.coalesced} values were coalesced"] if self.record.coalesced else []
        self.stop_polling()
        for unit, path in zip(signals_plant.UNITS, COUNTERS):
            counted = polls_counted_by(self.simulator, unit)
            harness.wait_until(lambda: self.record.last(path) == counted, 5,  # pylint: disable=cell-var-from-loop
                               f"poll {counted} of {path}; the last is {self.record.last(path)}")
            found += faults_of(self.record.entries, path)
        return found
