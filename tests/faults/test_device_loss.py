"""A device that dies, hangs or comes back: qualities say why, values stay, nobody else waits."""

import os
import signal
import time
import unittest

import harness
import signals_plant
from http_client import nanoseconds

TIMEOUT_SECONDS = 0.5
PERIOD_SECONDS = 0.2


def project(dead_port, living_port):
    """One connector with two devices, so that nothing but the connector itself can keep them apart."""
    tag = ('{{type: {kind}, write: {write}, source: {{connector: plc, device: {device}, address: "{address}", '
           'dtype: {dtype}}}}}')

    def tags(device):
        yield f"  {device}/Polls: " + tag.format(kind="int", write="engineer", device=device, address="HR:0", dtype="uint32")
        yield f"  {device}/Scratch: " + tag.format(kind="int", write="operator", device=device, address="HR:100",
                                                  dtype="uint16")
    return "\n".join([
        "connectors:", "  plc:", "    type: modbus", "    host: 127.0.0.1", "    unit: 1",
        f"    period: {int(PERIOD_SECONDS * 1000)}ms", f"    timeout: {int(TIMEOUT_SECONDS * 1000)}ms", "    devices:",
        f"      Mortal: {{port: {dead_port}}}", f"      Living: {{port: {living_port}}}",
        "tags:", *tags("Mortal"), *tags("Living"), ""])


class DeviceLoss(unittest.TestCase):
    def setUp(self):
        self.mortal = self.enterContext(harness.Simulator("signals"))
        self.living = self.enterContext(harness.Simulator("signals"))
        self.server = self.enterContext(harness.Plant(project(self.mortal.port, self.living.port)))
        self.client = self.server.client
        self.client.wait_for_good(4)

    def lose(self, lose):
        """Loses the device; checks quality, kept value and the neighbour's pace."""
        with self.client.socket() as socket:
            socket.subscribe(1, "/Living/Polls")
            socket.receive_op("snapshot")
            before = self.client.value("/Mortal/Polls")
            lose()
            lost = self.client.wait_for_value(
                "/Mortal/Polls", lambda item: item["status"] == "BadNoCommunication", 5, "BadNoCommunication")
            self.assertGreaterEqual(lost["value"], before["value"])
            self.assertIsNotNone(self.client.value("/Mortal/Scratch")["value"])
            self.assert_pace(socket, seconds=2)
        device = self.wait_for_device("Mortal", "unreachable")
        self.assertTrue(device["detail"])
        self.wait_for_device("Living", "connected")
        return lost

    def assert_pace(self, socket, seconds):
        """The neighbour is polled at its period: its counter grows by one, no gap is much longer than a period."""
        socket.collected()
        end, items = time.monotonic() + seconds, []
        while time.monotonic() < end:
            items += socket.receive_op("changes", 3)["items"]
        values = [item["value"] for item in items]
        times = [nanoseconds(item["time"]) / 1e9 for item in items]
        self.assertEqual(values, list(range(values[0], values[0] + len(values))))
        self.assertGreaterEqual(len(items), 0.7 * seconds / PERIOD_SECONDS)
        self.assertLess(max(after - before for before, after in zip(times, times[1:])), 0.45)

    def wait_for_device(self, name, state):
        """Connectors report the states of their devices once a second."""
        def is_so():
            devices = {each["name"]: each for each in self.client.connectors()["plc"]["devices"]}
            return devices.get(name, {}).get("state") == state and devices[name]
        return harness.wait_until(is_so, 5, f"{name} to be {state}")

    def wait_for_recovery(self, seconds=10):
        now = time.time_ns()
        self.client.wait_for_value(
            "/Mortal/Polls", lambda item: item["quality"] == 0 and nanoseconds(item["time"]) > now, seconds,
            "a new Good value")
        self.assertTrue(self.client.write("/Mortal/Scratch", 77)["ok"])
        self.wait_for_device("Mortal", "connected")

    def test_a_stopped_device_is_named_and_comes_back_by_itself(self):
        lost = self.lose(self.mortal.stop)
        later = self.client.value("/Mortal/Polls")
        self.assertEqual((later["value"], later["time"]), (lost["value"], lost["time"]))
        self.mortal.start()
        self.wait_for_recovery()

    def test_a_killed_device_is_named_and_comes_back_by_itself(self):
        self.lose(self.mortal.kill)
        self.mortal.start()
        self.wait_for_recovery()

    def test_a_device_that_is_mute_is_found_out_within_its_timeout_and_comes_back_by_itself(self):
        frozen = time.monotonic()
        self.lose(self.mortal.freeze)
        self.assertLess(time.monotonic() - frozen, 5)
        refused = self.client.write("/Mortal/Scratch", 5, timeout=2)
        self.assertFalse(refused["ok"])
        self.assertIn(refused["status"], ("BadNoCommunication", "BadTimeout"))
        self.mortal.thaw()
        self.wait_for_recovery()

    def test_a_write_that_hangs_is_answered_by_its_deadline_and_says_that_its_effect_is_unknown(self):
        self.mortal.freeze()
        started = time.monotonic()
        refused = self.client.write("/Mortal/Scratch", 5, timeout=3)
        self.assertLess(time.monotonic() - started, 3.5)
        self.assertFalse(refused["ok"])
        self.assertIn(refused["status"], ("BadTimeout", "BadNoCommunication"))
        self.assertRegex(refused["detail"], "unknown|not sent")
        self.mortal.thaw()
        self.wait_for_recovery()

    def test_a_write_to_a_dead_device_is_refused_at_once_and_names_it(self):
        self.mortal.kill()
        self.client.wait_for_value("/Mortal/Polls", lambda item: item["status"] == "BadNoCommunication", 5)
        started = time.monotonic()
        refused = self.client.write("/Mortal/Scratch", 5, timeout=5)
        self.assertLess(time.monotonic() - started, 1)
        self.assertEqual(refused["status"], "BadNoCommunication")
        self.assertIn("Mortal", refused["detail"])
        self.assertTrue(self.client.write("/Living/Scratch", 5)["ok"])


class SilentConnector(unittest.TestCase):
    def test_values_that_nobody_renews_become_uncertain_and_then_good_again(self):
        with harness.Simulator("signals") as simulator, \
                harness.Plant(signals_plant.project(simulator.port, 10)) as server:
            client = server.client
            client.wait_for_good(44)
            pid = client.connectors()["first"]["pid"]
            self.assertIn(pid, server.processes())
            os.kill(pid, signal.SIGSTOP)
            try:
                path = signals_plant.counter(1)
                old = client.wait_for_value(path, lambda item: item["status"] == "UncertainLastUsableValue", 5)
                self.assertIsNotNone(old["value"])
                self.assertEqual(client.value(signals_plant.counter(3))["status"], "Good")
            finally:
                os.kill(pid, signal.SIGCONT)
            client.wait_for_value(path, lambda item: item["quality"] == 0, 5)


if __name__ == "__main__":
    unittest.main()
