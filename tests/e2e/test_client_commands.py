"""The commands that ask a running server: exit codes 0 good, 1 failed, 2 usage, 3 no server there."""

import json
import os
import pathlib
import subprocess
import tempfile
import threading
import unittest

import harness

GOOD, FAILED, USAGE, NOBODY = 0, 1, 2, 3
PUMP_HOUSE = "/Plant/PumpHouse"
EXTRA = """\
tags:
  Line/Note: {type: string, write: operator}
  Line/On: {type: bool, write: operator}
  Line/Limits: {type: "float[]", size: 64, write: operator}
  Line/Asked: {type: float, write: operator, confirm: true}
  Other/Note: {type: string}
"""


class Client(unittest.TestCase):
    """A demo that somebody has logged in to; each test gets its own home."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="tagwerk-")))
        project = cls.folder / "extra.yaml"
        project.write_text(EXTRA)
        cls.demo = cls.enterClassContext(harness.Demo("--project", project, data=cls.folder / "data"))
        cls.client = cls.demo.client
        cls.client.wait_for_good(60)
        cls.password = cls.folder / "password"
        cls.password.write_text(cls.demo.password + "\n")
        cls.home = cls.folder / "home"
        cls.login_of(cls.home)

    @classmethod
    def environment(cls, home):
        hidden = {name: "" for name in os.environ if name.startswith("TAGWERK_")}
        return {**hidden, "XDG_CONFIG_HOME": str(home)}

    @classmethod
    def login_of(cls, home):
        answer = harness.tagwerk("login", "--url", cls.demo.url, "--user", cls.demo.user, "--password-file", cls.password,
                                 environment=cls.environment(home))
        if answer.returncode != GOOD:
            raise harness.Failed(answer.stderr)
        return answer

    def run_it(self, *arguments, expected=GOOD, home=None, **options):
        answer = harness.tagwerk(*arguments, environment=self.environment(home or self.home), **options)
        self.assertEqual(answer.returncode, expected, f"{arguments}\n{answer.stdout}\n{answer.stderr}")
        return answer

    def items(self, *arguments):
        return json.loads(self.run_it(*arguments, "--json").stdout)["items"]

    def program(self, *arguments):
        """A command that goes on until the test ends it; its lines come by iterating over stdout."""
        process = subprocess.Popen([str(harness.BINARY), *arguments], stdout=subprocess.PIPE, text=True,
                                   env={**os.environ, **self.environment(self.home)})
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        self.addCleanup(watchdog.cancel)
        return process


class Login(Client):
    def test_a_login_is_kept_for_its_owner_alone_and_forgotten(self):
        home = self.folder / "own"
        self.login_of(home)
        kept = home / "tagwerk" / "login.json"
        self.assertEqual(kept.stat().st_mode & 0o777, 0o600)
        self.assertNotIn(self.demo.password, kept.read_text())
        self.run_it("get", "Pressure", home=home)
        kept.chmod(0o644)
        self.assertIn("chmod 600", self.run_it("get", "Pressure", home=home, expected=FAILED).stderr)
        kept.chmod(0o600)
        tokens = json.loads(kept.read_text())
        self.run_it("logout", home=home)
        self.assertFalse(kept.exists())
        self.assertIn("tagwerk login", self.run_it("get", home=home, expected=FAILED).stderr)
        refused = self.client.request("POST", "/login/refresh", {"refresh_token": tokens["refresh_token"]})
        self.assertEqual(refused.status, 401)

    def test_a_login_that_ran_out_is_renewed_also_by_several_at_once(self):
        home = self.folder / "old"
        self.login_of(home)
        kept = home / "tagwerk" / "login.json"
        before = json.loads(kept.read_text())
        kept.write_text(json.dumps({**before, "good_until": "2020-01-01T00:00:00Z"}))
        commands = [subprocess.Popen([str(harness.BINARY), "get", "Pressure"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                     text=True, env={**os.environ, **self.environment(home)}) for _ in range(6)]
        for each in commands:
            output, _ = each.communicate(timeout=60)
            self.assertEqual(each.returncode, GOOD, output)
        self.assertNotEqual(json.loads(kept.read_text())["refresh_token"], before["refresh_token"])

    def test_a_login_that_was_ended_says_so(self):
        home = self.folder / "ended"
        self.login_of(home)
        kept = home / "tagwerk" / "login.json"
        login = json.loads(kept.read_text())
        self.client.post("/logout", {"refresh_token": login["refresh_token"]}, expected=204)
        kept.write_text(json.dumps({**login, "good_until": "2020-01-01T00:00:00Z"}))
        self.assertIn("log in again", self.run_it("get", home=home, expected=FAILED).stderr)

    def test_a_service_key_is_kept_and_works(self):
        home = self.folder / "key"
        key = self.run_it("key", "add", "kept", "--role", "viewer").stdout.strip()
        self.run_it("login", "--url", self.demo.url, "--token", key, home=home)
        self.assertIn("Pressure", self.run_it("get", "Pressure", home=home).stdout)
        self.assertIn("403", self.run_it("audit", home=home, expected=FAILED).stderr)
        self.run_it("key", "revoke", "kept")
        self.assertIn("401", self.run_it("get", "Pressure", home=home, expected=FAILED).stderr)
        self.run_it("login", "--url", self.demo.url, "--token", "twk_wrong", home=home, expected=FAILED)

    def test_a_login_counts_for_its_own_server_only(self):
        other = f"http://127.0.0.1:{harness.free_port()}"
        self.assertIn("tagwerk login", self.run_it("get", "--url", other, expected=FAILED).stderr)
        self.assertIn(other.rsplit(":", 1)[1], self.run_it("get", "--url", other, "--token", "x", expected=NOBODY).stderr)


    def test_the_unix_socket_takes_every_command(self):
        home = self.folder / "unix"
        socket = self.demo.data / "run" / "http.sock"
        self.run_it("login", "--url", f"unix:{socket}", "--user", self.demo.user, "--password-file", self.password, home=home)
        self.assertIn("Pressure", self.run_it("get", "Pressure", home=home).stdout)
        self.assertIn("Pressure", self.run_it("watch", "Pressure", "--count", "1", home=home).stdout)


class Values(Client):
    def test_the_tree_shows_objects_and_tags(self):
        text = self.run_it("tree", "/Plant").stdout
        self.assertRegex(text, r"(?m)^/Plant +Water works$")
        self.assertRegex(text, r"├── Pump1 +Pump +Pump 1")
        self.assertRegex(text, r"SetPoint +float bar, writable")
        self.assertRegex(self.run_it("tree", "/Plant", "--depth", "1").stdout, r"PumpHouse .*\(26 below\)")
        self.assertEqual(json.loads(self.run_it("tree", PUMP_HOUSE, "--json").stdout)["name"], "PumpHouse")
        self.assertIn("404", self.run_it("tree", "/Nowhere", expected=FAILED).stderr)

    def test_values_come_by_path_name_and_pattern(self):
        self.assertEqual(len(self.items("get")), 65)
        self.assertEqual([each["path"] for each in self.items("get", "Pressure")], [f"{PUMP_HOUSE}/Pressure"])
        running = self.items("get", f"{PUMP_HOUSE}/*/Running")
        self.assertEqual([each["path"][-14:] for each in running], ["/Pump1/Running", "/Pump2/Running"])
        self.assertRegex(self.run_it("get", "Pressure").stdout, rf"^{PUMP_HOUSE}/Pressure  \S+ bar  Good  20\d\d-\S+Z\n$")
        self.assertIn("Presure", self.run_it("get", "Presure", expected=FAILED).stderr)

    def test_values_are_written_and_read_back(self):
        answer = self.run_it("set", "SetPoint", "4.25", f"{PUMP_HOUSE}/ChangeoverHours", "12")
        self.assertRegex(answer.stdout, r"SetPoint +4.25 +Good\n")
        self.client.wait_for_value(f"{PUMP_HOUSE}/SetPoint", lambda item: item["value"] == 4.25)
        self.client.wait_for_value(f"{PUMP_HOUSE}/ChangeoverHours", lambda item: item["value"] == 12)
        written, = self.items("set", "SetPoint", "4")
        self.assertEqual((written["ok"], written["value"], written["status"]), (True, 4, "Good"))

    def test_what_is_refused_is_1_and_says_why(self):
        self.assertIn("outside the range", self.run_it("set", "SetPoint", "99", expected=FAILED).stdout)
        self.assertIn("'abc' is no value", self.run_it("set", "SetPoint", "abc", expected=FAILED).stderr)
        self.assertIn("pattern", self.run_it("set", f"{PUMP_HOUSE}/*", "1", expected=FAILED).stderr)
        self.assertIn("NotWritable", self.run_it("set", "Pressure", "1", expected=FAILED).stdout)
        self.run_it("set", "/Plant/Nothing", "1", expected=FAILED)
        self.assertIn("SetPoint", self.run_it("set", "SetPoint", expected=USAGE).stderr)
        self.run_it("set", "SetPoint", "4", "--timeout", "soon", expected=FAILED)

    def test_every_type_is_typed_as_its_tag_takes_it(self):
        self.run_it("set", "/Line/Note", "42", "/Line/On", "on", "/Line/Limits", "[1, 2.5]", "/Line/Asked", "7")
        values = self.client.values("/Line/**")
        self.assertEqual([values[f"/Line/{name}"]["value"] for name in ("Note", "On", "Limits", "Asked")],
                         ["42", True, [1, 2.5], 7])
        self.assertIn("true or false", self.run_it("set", "/Line/On", "maybe", expected=FAILED).stderr)
        self.assertIn("JSON list", self.run_it("set", "/Line/Limits", "5", expected=FAILED).stderr)
        mode = f"{PUMP_HOUSE}/Pump2/Mode"
        states = self.client.get(f"/api/tags?path={mode}")["items"][0]["states"]
        number, name = list(states.items())[1]
        self.run_it("set", mode, name)
        self.client.wait_for_value(mode, lambda item: item["value"] == int(number))

    def test_a_name_that_two_tags_have_is_refused(self):
        self.assertIn("409", self.run_it("get", "Note", expected=FAILED).stderr)
        self.assertIn("409", self.run_it("set", "Note", "x", expected=FAILED).stderr)

    def test_watching_shows_all_first_and_then_what_changes(self):
        watch = self.program("watch", "/Line/Note", "--json")
        first = json.loads(watch.stdout.readline())
        self.assertEqual(first["path"], "/Line/Note")
        for text in ("one", "two", "tschüß"):
            self.run_it("set", "/Line/Note", text)
            self.assertEqual(json.loads(watch.stdout.readline())["value"], text)
        self.run_it("set", "/Line/Note", "bell \a here")
        self.assertIn("bell ? here", self.run_it("watch", "/Line/Note", "--count", "1").stdout)
        self.assertEqual(len(self.run_it("watch", "Heartbeat", "--count", "3", "--rate", "100ms").stdout.splitlines()), 3)
        self.assertIn("Presure", self.run_it("watch", "Presure", "--count", "1", expected=FAILED).stderr)
        self.run_it("watch", "--rate", "often", expected=FAILED)


class Operation(Client):
    def test_the_status_for_people_and_programs(self):
        text = self.run_it("status", "--check").stdout
        self.assertRegex(text, r"^Tagwerk \S+, instance \S+, up \S+, revision \d+, ready\n")
        self.assertIn("1 of 1 running", text)
        self.assertTrue(json.loads(self.run_it("status", "--json").stdout)["ready"])

    def test_connectors_are_listed_stopped_and_started(self):
        for words in (("connectors",), ("connectors", "list")):
            self.assertRegex(self.run_it(*words).stdout, r"plc1 +modbus +running +60")
            self.assertEqual(self.items(*words)[0]["name"], "plc1")
        self.assertIn("is stopped", self.run_it("connectors", "stop", "plc1").stdout)
        self.assertEqual(self.items("connectors")[0]["state"], "stopped")
        self.assertIn("is running", self.run_it("connectors", "start", "plc1").stdout)
        self.assertIn("is running", self.run_it("connectors", "restart", "plc1").stdout)
        self.assertIn("asked to restart", self.run_it("connectors", "restart", "plc1", "--no-wait").stdout)
        self.assertIn("'nope'", self.run_it("connectors", "stop", "nope", expected=FAILED).stderr)
        self.client.wait_for_good(60)

    def test_log_and_trace(self):
        self.client.wait_for_good(60)
        self.assertRegex(self.run_it("connectors", "log", "plc1").stdout, r"(?m)^20\S+Z info +running$")
        self.assertEqual(len(self.run_it("connectors", "log", "plc1", "--lines", "1").stdout.splitlines()), 1)
        follow = self.program("connectors", "log", "plc1", "--follow", "--lines", "1")
        follow.stdout.readline()
        self.run_it("connectors", "restart", "plc1")
        seen = [follow.stdout.readline()]
        while "running" not in seen[-1]:
            self.assertTrue(seen[-1], "the log ended")
            seen.append(follow.stdout.readline())
        self.client.wait_for_good(60)
        self.assertRegex(self.run_it("connectors", "trace", "plc1", "--lines", "10").stdout, r"default -> read \S+ \d+")
        frames = self.program("connectors", "trace", "plc1", "--follow", "--json", "--lines", "2")
        numbers = [json.loads(frames.stdout.readline())["number"] for _ in range(30)]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 30)))
        pcapng = self.folder / "trace.pcapng"
        self.run_it("connectors", "trace", "plc1", "--pcapng", pcapng)
        self.assertEqual(pcapng.read_bytes()[:4], b"\x0a\x0d\x0d\x0a")
        self.run_it("connectors", "trace", "plc1", "--pcapng", self.folder / "no" / "where", expected=FAILED)

    def test_keys_are_made_listed_and_revoked(self):
        made = self.run_it("key", "add", "grafana", "--role", "viewer", "--subtree", "/Plant", "--expires", "90d")
        self.assertRegex(made.stdout, r"^twk_\S+\n$")
        self.assertIn("this once", made.stderr)
        self.assertEqual(harness.Client(self.demo.url, made.stdout.strip()).get("/api/user")["username"], "grafana")
        self.assertRegex(self.run_it("key", "list").stdout, r"grafana +good +viewer in /Plant +20")
        self.run_it("key", "add", "grafana", "--role", "viewer", expected=FAILED)
        self.run_it("key", "add", "late", "--role", "viewer", "--expires", "someday", expected=FAILED)
        self.run_it("key", "revoke", "grafana")
        self.assertRegex(self.run_it("key", "list").stdout, r"grafana +revoked")
        self.assertIn("no good key", self.run_it("key", "revoke", "grafana", expected=FAILED).stderr)

    def test_users_of_a_running_server(self):
        self.run_it("user", "add", "shift1", "--role", "operator", "--subtree", "/Plant", "--password-stdin", text="a long sentence\n")
        self.assertRegex(self.run_it("user", "list").stdout, r"shift1 +operator in /Plant")
        self.assertTrue(harness.Client(self.demo.url).login("shift1", "a long sentence").token)
        self.run_it("user", "passwd", "shift1", "--password-stdin", text="another sentence\n")
        self.assertTrue(harness.Client(self.demo.url).login("shift1", "another sentence").token)
        self.run_it("user", "add", "shift2", "--role", "operator", "--password-stdin", text="short\n", expected=FAILED)
        self.run_it("user", "disable", "shift1")
        self.assertIn("(disabled)", self.run_it("user", "list").stdout)
        self.assertIn("'nobody'", self.run_it("user", "disable", "nobody", expected=FAILED).stderr)

    def test_the_audit_with_its_filters(self):
        self.run_it("set", "SetPoint", "4.75")
        self.run_it("set", "SetPoint", "4")
        entries = self.items("audit", "--action", "write", "--path", f"{PUMP_HOUSE}/SetPoint", "--from", "1h")
        self.assertEqual([entries[0]["new"], entries[1]["new"]], ["4", "4.75"])
        self.assertEqual(entries[0]["user"], self.demo.user)
        text = self.run_it("audit", "--action", "write", "--limit", "2").stdout.splitlines()
        self.assertEqual((len(text), text[0].split()[:3]), (3, ["TIME", "USER", "ACTION"]))
        self.assertRegex(text[2], r"SetPoint +4.75 -> 4 +Good")
        self.assertEqual(self.items("audit", "--by", "nobody-of-that-name"), [])
        self.run_it("audit", "--from", "yesterday", expected=FAILED)


class Completion(Client):
    def complete(self, *words):
        return self.run_it("__complete", *words).stdout.splitlines()

    def test_commands_and_options(self):
        self.assertIn("connectors", self.complete("con"))
        self.assertEqual(set(self.complete("table", "")), {"ls", "get", "watch", "check", "rm"})
        self.assertIn("--password-file", self.complete("get", "--pass"))
        self.assertEqual(self.complete("get", "--url", ""), [])

    def test_paths_and_connectors_of_the_server(self):
        self.assertEqual(self.complete("get", "/Pl"), ["/Plant/"])
        self.assertEqual(set(self.complete("get", f"{PUMP_HOUSE}/Pump")), {f"{PUMP_HOUSE}/Pump1/", f"{PUMP_HOUSE}/Pump2/"})
        self.assertEqual(self.complete("connectors", "restart", ""), ["plc1"])
        self.assertEqual(self.run_it("__complete", "get", "/Pl", home=self.folder / "nobody").stdout, "")

    def test_bash_completes_a_path(self):
        script = ('eval "$(tagwerk completion bash)"; COMP_WORDS=(tagwerk get /Plant/PumpHouse/TankL); COMP_CWORD=2; '
                  'compopt() { :; }; _tagwerk; printf "%s\\n" "${COMPREPLY[@]}"')
        path = f"{harness.BINARY.parent}:{os.environ['PATH']}"
        answer = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=30, check=True,
                                env={**os.environ, **self.environment(self.home), "PATH": path})
        self.assertEqual(answer.stdout, f"{PUMP_HOUSE}/TankLevel\n", answer.stderr)


if __name__ == "__main__":
    unittest.main()
