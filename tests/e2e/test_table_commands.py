"""`tagwerk table ls|check|rm` and the two segments, with the real server: exit codes 0 good, 1 failed, 2 usage."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import unittest

import harness

GOOD, FAILED, USAGE = 0, 1, 2
TAGS = """\
tags:
  Tank/Level: {type: float, write: operator}
  Tank/Note: {type: string, write: operator}
"""


def table(*arguments, expected=GOOD):
    answer = harness.tagwerk("table", *arguments)
    if answer.returncode != expected:
        raise harness.Failed(f"table {arguments} ended with {answer.returncode}\n{answer.stdout}\n{answer.stderr}")
    return answer


class Tables(unittest.TestCase):
    """A server with both segments, which the tests may kill."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="tagwerk-")))
        self.instance = f"test-table-{os.getpid()}"
        self.key = f"{0x59000000 | os.getpid() & 0xFFFFFF:#010x}"
        self.addCleanup(harness.tagwerk, "table", "rm", "--instance", self.instance)

    def server(self, **keys):
        """`tagwerk serve`; keys are those of `table:` in tagwerk.yaml."""
        settings = self.folder / "tagwerk.yaml"
        settings.write_text(json.dumps({"instance": self.instance, "table": {"sysv_key": self.key, **keys}}))
        return harness.Plant(TAGS, "--config", settings, data=self.folder / "data")

    def check(self, expected=GOOD):
        """The report on this table alone."""
        answer = table("check", "--instance", self.instance, "--json", expected=expected)
        report, = json.loads(answer.stdout)["items"]
        self.assertEqual(report["good"], expected == GOOD)
        return report

    def segments_of_the_machine(self):
        """Keys of all System V segments."""
        lines = pathlib.Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
        return {int(line.split()[0]) & 0xFFFFFFFF for line in lines}


class Check(Tables):
    def test_a_written_table_is_good_in_both_segments(self):
        with self.server() as server:
            report = self.check()
            self.assertEqual([segment["kind"] for segment in report["segments"]], ["posix", "sysv"])
            for segment in report["segments"]:
                self.assertEqual((segment["tags"], segment["torn"], segment["buckets"]), (2, 0, 2))
                self.assertEqual((segment["writer_pid"], segment["writer_alive"]), (server.program.pid, True))
                self.assertEqual((segment["layout_version"], segment["faults"]), (1, []))
            self.assertEqual(report["both"], {"same": 2, "behind": 0, "different": 0})
            text = table("check", "--instance", self.instance).stdout
            for words in (f"table {self.instance}: good", f"process {server.program.pid} lives", "2 of 262144 used, 0 torn",
                          f"key {self.key}", "2 tags the same"):
                self.assertIn(words, text)

    def test_a_table_that_nobody_writes_is_not_good_and_says_why(self):
        with self.server() as server:
            server.kill()
            self.assertIn("process %d is gone" % server.program.pid, str(self.check(FAILED)["segments"][0]["faults"]))
            server.restart()
            self.check()
            server.stop()
            self.assertIn("closed properly", str(self.check(FAILED)["segments"][1]["faults"]))

    def test_a_writer_that_hangs_is_not_good(self):
        with self.server() as server:
            os.kill(server.program.pid, signal.SIGSTOP)
            try:
                harness.wait_until(lambda: "was not heard of" in harness.tagwerk("table", "check", "--instance",
                                                                               self.instance).stdout, 30, "the fault")
            finally:
                os.kill(server.program.pid, signal.SIGCONT)
            harness.wait_until(lambda: harness.tagwerk("table", "check", "--instance", self.instance).returncode == GOOD, 10,
                               "a good table")

    def test_a_table_that_is_not_there_is_named(self):
        self.assertIn(self.instance, table("check", "--instance", self.instance, expected=FAILED).stderr)


class Segments(Tables):
    def test_values_are_had_by_the_key_too_and_survive_a_killed_server(self):
        with self.server() as server:
            server.client.write("/Tank/Level", 2.5)
            server.client.write("/Tank/Note", "half")
            for where in (("--instance", self.instance), ("--sysv-key", self.key)):
                items = json.loads(table("get", "--json", *where).stdout)["items"]
                self.assertEqual({item["path"]: item["value"] for item in items}, {"/Tank/Level": 2.5, "/Tank/Note": "half"})
                self.assertEqual({item["status"] for item in items}, {"Good"})
            server.kill()
            self.assertIn("2.5", table("get", "--sysv-key", self.key, "/Tank/Level").stdout)
            server.restart()
            self.check()
            self.assertIn("2.5", table("get", "--sysv-key", self.key, "/Tank/Level").stdout)

    def test_changes_are_watched_by_the_key_as_lines_of_json(self):
        with self.server() as server, harness.Program(
                [harness.BINARY, "table", "watch", "--json", "--sysv-key", self.key, "/Tank/Level"],
                self.folder / "watch.log") as watch:
            watch.wait_for_line(r'"path":"/Tank/Level","value":null', 10)
            server.client.write("/Tank/Level", 3.5)
            self.assertEqual(json.loads(watch.wait_for_line(r"^\{.*3\.5.*", 10).group())["value"], 3.5)

    def test_a_removed_system_v_segment_comes_back(self):
        with self.server():
            subprocess.run(["ipcrm", "-M", self.key], check=True)
            harness.wait_until(lambda: int(self.key, 16) in self.segments_of_the_machine(), 20, "the segment")
            harness.wait_until(lambda: harness.tagwerk("table", "check", "--instance", self.instance).returncode == GOOD, 10,
                               "a good table")

    def test_a_larger_table_takes_the_place_of_both(self):
        with self.server(slots=100) as server:
            server.client.write("/Tank/Level", 2.5)
            server.stop()
        with self.server(slots=5000):
            self.assertEqual({segment["slot_capacity"] for segment in self.check()["segments"]}, {5000})
            self.assertIn("2.5", table("get", "--sysv-key", self.key, "/Tank/Level").stdout)

    def test_a_key_that_others_use_leaves_the_rest_of_the_server_alone(self):
        made = subprocess.run(["ipcmk", "-M", "8192"], capture_output=True, text=True, check=True)
        number = made.stdout.split()[-1]
        self.addCleanup(subprocess.run, ["ipcrm", "-m", number], check=False, capture_output=True)
        keys = {line.split()[1]: int(line.split()[0]) & 0xFFFFFFFF
                for line in pathlib.Path("/proc/sysvipc/shm").read_text().splitlines()[1:]}
        self.key = f"{keys[number]:#010x}"
        with self.server() as server:
            def part():
                return next(part for part in server.client.get("/api/status")["parts"] if part["name"] == "table")
            harness.wait_until(lambda: part()["state"] == "bad", 20, "the status to say so")
            part = part()
            self.assertIn(f"ipcrm -m {number}", part["detail"])
            self.assertTrue(server.client.write("/Tank/Level", 1.5)["ok"])
            self.check(FAILED)
            subprocess.run(["ipcrm", "-m", number], check=True)
            harness.wait_until(lambda: self.check(), 20, "the segment, now that the key is free")


class List(Tables):
    def test_it_names_segments_key_and_writer(self):
        with self.server() as server:
            self.assertRegex(table("ls", "--instance", self.instance).stdout,
                             rf"(?m)^{self.instance} +2 +262144 .* {server.program.pid} .* {self.key} +written$")
            item, = json.loads(table("ls", "--json", "--instance", self.instance).stdout)["items"]
            self.assertEqual((item["instance"], item["sysv_key"], item["writer_alive"]), (self.instance, self.key, True))
            self.assertEqual(item["segment"], f"/dev/shm/tagwerk.{self.instance}")
        self.assertIn("no table 'nosuch'", table("ls", "--instance", "nosuch", expected=FAILED).stderr)


class Remove(Tables):
    def test_it_refuses_while_the_writer_lives_and_names_what_it_removed(self):
        with self.server() as server:
            refused = table("rm", "--instance", self.instance, expected=FAILED)
            self.assertIn(f"process {server.program.pid}", refused.stderr)
            self.check()
        removed = table("rm", "--instance", self.instance).stdout
        self.assertIn(f"removed /dev/shm/tagwerk.{self.instance}\n", removed)
        self.assertIn(self.key, removed)
        self.assertNotIn(int(self.key, 16), self.segments_of_the_machine())
        self.assertIn("no table", table("rm", "--instance", self.instance, expected=FAILED).stderr)

    def test_it_wants_a_name_and_knows_no_force(self):
        table("rm", expected=USAGE)
        table("rm", "--instance", self.instance, "--force", expected=USAGE)

    def test_it_finds_a_system_v_segment_whose_file_is_gone(self):
        with self.server():
            pass
        pathlib.Path(f"/dev/shm/tagwerk.{self.instance}").unlink()
        self.assertIn("only the System V segment is left", table("ls", "--instance", self.instance).stdout)
        self.assertIn(self.key, table("rm", "--instance", self.instance).stdout)


if __name__ == "__main__":
    unittest.main()
