"""kill -9 of a connector: its data is back within two seconds, and nobody else notices."""

import os
import random
import signal
import time
import unittest

import harness
import resources
import signals_plant
from connector_kill_rig import ConnectorKillRig, faults_after_kills
from http_client import nanoseconds

LIMIT_SECONDS = 2.0
FIRST = signals_plant.counter(1)
SECOND = signals_plant.counter(3)


class ConnectorKill(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.simulator = cls.enterClassContext(harness.Simulator("signals"))
        cls.server = cls.enterClassContext(harness.Plant(signals_plant.project(cls.simulator.port)))
        cls.client = cls.server.client
        cls.client.wait_for_good(4000, 30)

    def kill(self, name):
        """Kills the connector's process; returns when, in nanoseconds since 1970."""
        pid = self.client.connectors()[name]["pid"]
        self.assertIn(pid, self.server.processes())
        os.kill(pid, signal.SIGKILL)
        return time.time_ns()

    def wait_for_running(self, name):
        harness.wait_until(lambda: self.client.connectors()[name]["state"] == "running", 10, f"{name} to run")

    def test_data_is_good_again_within_two_seconds_and_the_others_go_on(self):
        for name in ("first", "second"):
            self.wait_for_running(name)
        before = self.client.connectors()
        with self.client.socket() as socket:
            socket.subscribe(1, FIRST)
            socket.subscribe(2, SECOND)
            killed = self.kill("first")
            back = self.first_good(socket, killed)
            self.assertLess((back - killed) / 1e9, LIMIT_SECONDS)
            socket.receive_op("changes")
        self.wait_for_running("first")
        after = self.client.connectors()
        self.assertEqual(after["first"]["restarts"], before["first"]["restarts"] + 1)
        self.assertNotEqual(after["first"]["pid"], before["first"]["pid"])
        for key in ("pid", "restarts", "since"):
            self.assertEqual(after["second"][key], before["second"][key])

    def first_good(self, socket, killed):
        """Server time of the first Good value polled after the kill; the other connector's never turn bad."""
        told_why = False
        while True:
            message = socket.receive(10)
            for item in message["items"]:
                if item["path"] == SECOND:
                    self.assertEqual(item["status"], "Good", "the other connector was disturbed")
                elif item["status"] == "BadNotConnected":
                    told_why = True
                    self.assertIsNotNone(item["value"], "the last value was not kept")
                elif item["status"] == "Good" and nanoseconds(item["time"]) > killed and told_why:
                    return nanoseconds(item["server_time"])

    def test_while_it_is_down_its_values_stay_and_say_why_and_a_write_is_refused_with_the_reason(self):
        self.client.wait_for_value(FIRST, lambda item: item["quality"] == 0)
        self.kill("first")
        down = self.client.wait_for_value(FIRST, lambda item: item["status"] == "BadNotConnected", 3)
        self.assertIsNotNone(down["value"])
        refused = self.client.write(signals_plant.scratch(1), 5)
        self.assertFalse(refused["ok"])
        self.assertEqual(refused["status"], "BadNotConnected")
        self.assertIn("first", refused["detail"])
        self.assertTrue(self.client.write(signals_plant.scratch(3), 7)["ok"], "the other connector does not write")
        self.client.wait_for_value(FIRST, lambda item: item["quality"] == 0, 10)
        self.wait_for_running("first")

    def test_the_state_and_the_log_say_what_happened(self):
        self.wait_for_running("second")
        self.kill("second")
        state = harness.wait_until(
            lambda: (each := self.client.connectors()["second"])["state"] == "backoff" and each, 3, "the backoff")
        self.assertIn("signal 9", state["detail"])
        self.wait_for_running("second")
        lines = self.client.get("/api/connectors/second/log?lines=50")["lines"]
        self.assertTrue(any("signal 9" in line["text"] for line in lines), lines)


class ConnectorKills(unittest.TestCase):
    """Again and again, at any moment; ./test --soak connector_kill goes on for longer."""

    ROUNDS = 9
    GROWTH_KIB = 8 * 1024

    def test_what_was_handed_over_is_there_once_and_the_other_connector_loses_nothing(self):
        seed = random.randrange(2**32)
        print(f"seed {seed}", flush=True)
        with ConnectorKillRig(seed) as rig:
            before = rig.settled_resources()
            taken = rig.kill(self.ROUNDS)
            self.assertEqual(resources.growth(before, rig.settled_resources(), self.GROWTH_KIB), [])
            self.assertEqual(rig.faults(), [])
            print(f"{len(taken)} kills: back {max(taken):.2f} s after the pause at most; {rig.lost} polls had not been handed over")

    def test_a_value_that_is_missing_doubled_or_wrong_is_found_in_a_record(self):
        def faults(*values, kills=()):
            entries = [("/C", f"1970-01-01T00:00:{second:02}Z", value) for second, value in values]
            return faults_after_kills(entries, "/C", [second * 10**9 for second in kills])
        self.assertEqual(faults((1, 5), (2, 6), (2, 6), (3, 7)), ([], 0))
        self.assertEqual(faults((1, 5), (3, 7), kills=[2]), ([], 1))
        for entries, kills in (([(1, 5), (3, 7)], []), ([(1, 5), (2, 6), (4, 8)], [1.5]), ([(1, 5), (2, 5)], [1]),
                               ([(1, 5), (2, 4)], [1]), ([(1, 5), (1, 6)], []), ([(1, 5), (3, 10)], [2])):
            with self.subTest(entries=entries):
                self.assertEqual(len(faults(*entries, kills=kills)[0]), 1)


if __name__ == "__main__":
    unittest.main()
