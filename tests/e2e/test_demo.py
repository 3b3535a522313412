"""What `tagwerk demo` promises a person who has just started it."""

import json
import unittest

import harness

PRESSURE = "/Plant/PumpHouse/Pressure"
SET_POINT = "/Plant/PumpHouse/SetPoint"


class Demo(unittest.TestCase):
    """One server for all of them: they read, and write only the set point."""

    @classmethod
    def setUpClass(cls):
        cls.demo = harness.Demo()
        cls.demo.__enter__()
        cls.addClassCleanup(cls.demo.__exit__, None, None, None)
        cls.client = cls.demo.client

    def test_it_says_where_it_listens_within_five_seconds(self):
        self.assertRegex(self.demo.url, r"^http://127\.0\.0\.1:\d+$")
        self.assertLess(self.demo.started_in, 5)

    def test_at_least_forty_values_are_good_within_some_seconds(self):
        self.assertGreaterEqual(len(self.client.wait_for_good(40)), 40)

    def test_values_go_on_changing(self):
        first = self.client.wait_for_value(PRESSURE, lambda item: item["quality"] == 0)
        later = self.client.wait_for_value(PRESSURE, lambda item: item["time"] > first["time"])
        self.assertGreater(later["server_time"], first["server_time"])

    def test_a_written_set_point_is_answered_by_the_device_and_the_pressure_follows(self):
        self.client.wait_for_good(40)
        before = self.client.value(SET_POINT)["value"]
        wanted = before + 1 if before < 5 else before - 1
        written = self.client.write(SET_POINT, wanted)
        self.assertTrue(written["ok"], written)
        self.assertEqual(written["status"], "Good")
        self.client.wait_for_value(SET_POINT, lambda item: abs(item["value"] - wanted) < 1e-4, 5, "the written value")
        self.client.wait_for_value(PRESSURE, lambda item: abs(item["value"] - wanted) < 0.3, 60,
                                   f"a pressure near {wanted}")

    def test_writing_a_measured_value_is_refused_and_says_why(self):
        refused = self.client.write(PRESSURE, 3.0)
        self.assertFalse(refused["ok"])
        self.assertEqual(refused["status"], "BadNotWritable")
        self.assertTrue(refused["detail"])

    def test_a_websocket_gets_a_snapshot_and_then_changes(self):
        with self.client.socket() as socket:
            socket.subscribe(1, "/Plant/**")
            snapshot = socket.receive_op("snapshot")
            self.assertGreaterEqual(len(snapshot["items"]), 40)
            self.assertTrue(socket.receive_op("changes")["items"])

    def test_nobody_reads_without_logging_in(self):
        answer = harness.Client(self.demo.url).request("GET", "/api/values")
        self.assertEqual(answer.status, 401)
        self.assertIn("detail", answer.json())

    def test_the_page_and_the_api_description_are_served(self):
        self.assertIn(b"<html", self.client.request("GET", "/", headers={"Accept": "text/html"}).body.lower())
        self.assertTrue(json.loads(self.client.request("GET", "/openapi.json").body)["openapi"].startswith("3.1"))


class StartAndStop(unittest.TestCase):
    def test_it_stops_with_exit_code_0_within_five_seconds_and_starts_again_on_its_data(self):
        demo = harness.Demo()
        with demo:
            demo.client.wait_for_good(40)
            self.assertLess(demo.stop(), 5)
            demo.start()
            self.assertLess(demo.started_in, 5)
            demo.client.wait_for_good(40)

    def test_a_second_server_on_the_same_data_says_who_holds_it_and_ends(self):
        with harness.Demo() as demo:
            second = harness.tagwerk("serve", "--data", demo.data, "--http", "127.0.0.1:0", seconds=10)
            self.assertEqual(second.returncode, 1, second)
            self.assertIn(str(demo.program.pid), second.stdout + second.stderr)


if __name__ == "__main__":
    unittest.main()
