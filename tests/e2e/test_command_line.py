"""The subcommands, offline and against a running server, with their exit codes: 0 good, 1 failed, 2 usage, 3 nobody there."""

import os
import pathlib
import pty
import re
import signal
import subprocess
import tempfile
import unittest

import harness

GOOD, FAILED, USAGE, NOBODY = 0, 1, 2, 3
EXAMPLE = harness.TREE / "examples" / "pump-station" / "project.yaml"
PROJECT = """\
tags:
  Tank/Level: {type: float, unit: m, range: [0, 4], write: operator}
  Tank/Note: {type: string, write: operator}
"""


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="tagwerk-")))
        self.data = self.directory / "data"
        for name in ("data", "fresh", "other"):
            self.addCleanup(harness.remove_table_of, self.directory / name)

    def file(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path

    def run_it(self, *arguments, expected=GOOD, **options):
        answer = harness.tagwerk(*arguments, **options)
        self.assertEqual(answer.returncode, expected, f"{arguments}\n{answer.stdout}\n{answer.stderr}")
        return answer


class Usage(CommandLine):
    def test_wrong_usage_ends_with_2_and_help_with_0(self):
        for arguments in ((), ("fly",), ("check",), ("serve", "--wings"), ("table",), ("user", "add"), ("import",),
                          ("import", "a.yaml", "--revision", "1"), ("import", "--revision", "0"),
                          ("simulate", "weather"), ("simulate", "signals", "--port", "x")):
            with self.subTest(arguments=arguments):
                answer = self.run_it(*arguments, expected=USAGE)
                self.assertTrue(answer.stderr + answer.stdout)
        for arguments in (("--help",), ("--version",), ("serve", "--help"), ("import", "--help")):
            self.run_it(*arguments)


class Check(CommandLine):
    def test_the_example_is_good(self):
        self.assertRegex(self.run_it("check", EXAMPLE).stdout, r"good: 1 types, 1 connectors, .* \d+ tags")

    def test_faults_have_file_line_column_and_a_remedy(self):
        for text, place, words in (
                ("tags:\n  A: {type: float}\n  A: {type: int}\n", ":3:3:", ["'A'", "twice"]),
                ("tags:\n  A: {type: float, rnage: [0, 1]}\n", ":2:", ["'rnage'", "did you mean 'range'"]),
                ("tags:\n  A: {type: floot}\n", ":2:", ["'floot'", "did you mean 'float'"]),
                ("tags:\n  A:\n    type: float\n    range: 5\n", ":4:", ["'range'", "[0, 10]"]),
                ("objects:\n  P: {type: Pmup}\ntypes:\n  Pump: {tags: {A: {type: int}}}\n", ":2:", ["Pmup", "Pump"]),
                ("tags:\n\tA: 1\n", ":2:", [])):
            with self.subTest(text=text):
                file = self.file("plant.yaml", text)
                answer = self.run_it("check", file, expected=FAILED)
                self.assertIn(f"{file}{place}", answer.stderr)
                for word in words:
                    self.assertIn(word, answer.stderr)

    def test_a_path_that_two_files_declare_is_found(self):
        first, second = self.file("a.yaml", "tags:\n  A: {type: int}\n"), self.file("b.yaml", "\ntags:\n  A: {type: int}\n")
        answer = self.run_it("check", first, second, expected=FAILED)
        self.assertIn(f"{second}:3:3:", answer.stderr)
        self.assertIn(f"{first}:2:3", answer.stderr)

    def test_a_file_that_is_not_there_is_named(self):
        answer = self.run_it("check", self.directory / "nothing.yaml", expected=FAILED)
        self.assertIn("nothing.yaml", answer.stderr)


class OfflineProject(CommandLine):
    def test_import_shows_then_applies_and_twice_is_no_change(self):
        where = ("--data", self.data)
        dry = self.run_it("import", EXAMPLE, "--dry-run", *where).stdout
        self.assertIn("+ tag /Plant/PumpHouse/SetPoint", dry)
        self.assertIn("dry run, nothing was applied", dry)
        self.assertIn("+ tag /Plant/PumpHouse/SetPoint", self.run_it("import", EXAMPLE, *where).stdout)
        self.assertIn("no change; revision 1", self.run_it("import", EXAMPLE, *where).stdout)

    def test_what_is_exported_imports_without_change_here_and_elsewhere(self):
        where = ("--data", self.data)
        self.run_it("import", EXAMPLE, *where)
        exported = self.directory / "exported.yaml"
        self.run_it("export", exported, *where)
        self.assertEqual(exported.read_text(), self.run_it("export", *where).stdout)
        self.run_it("check", exported)
        self.assertIn("no change", self.run_it("import", exported, "--prune", *where).stdout)
        elsewhere = ("--data", self.directory / "elsewhere")
        self.run_it("import", exported, *elsewhere)
        self.assertEqual(self.run_it("export", *elsewhere).stdout, exported.read_text())

    def test_merge_adds_and_prune_removes(self):
        where = ("--data", self.data)
        self.run_it("import", self.file("a.yaml", PROJECT), *where)
        more = self.file("b.yaml", "tags:\n  Tank/Flow: {type: float}\n")
        self.assertEqual(self.run_it("import", more, *where).stdout.splitlines()[0], "+ tag /Tank/Flow")
        removed = self.run_it("import", more, "--prune", *where).stdout
        self.assertIn("- tag /Tank/Level", removed)
        self.assertIn("- tag /Tank/Note", removed)

    def test_a_faulty_file_changes_nothing(self):
        where = ("--data", self.data)
        self.run_it("import", self.file("a.yaml", PROJECT), *where)
        before = self.run_it("export", *where).stdout
        answer = self.run_it("import", self.file("b.yaml", "tags:\n  B: {type: int}\n  C: {type: ind}\n"), *where,
                             expected=FAILED)
        self.assertIn("b.yaml:3:", answer.stderr)
        self.assertIn("nothing was applied", answer.stderr)
        self.assertEqual(self.run_it("export", *where).stdout, before)


    def test_going_back_to_a_revision_shows_then_applies_and_keeps_the_ids(self):
        where = ("--data", self.data)
        self.run_it("import", self.file("a.yaml", PROJECT), *where)
        before = self.run_it("export", *where).stdout
        self.run_it("import", self.file("b.yaml", "tags:\n  Tank/Flow: {type: float}\n"), "--prune", *where)
        dry = self.run_it("import", "--revision", "1", "--dry-run", *where).stdout
        self.assertIn("+ tag /Tank/Level", dry)
        self.assertIn("- tag /Tank/Flow", dry)
        self.assertIn("dry run", dry)
        self.assertIn("revision 3", self.run_it("import", "--revision", "1", *where).stdout)
        self.assertEqual(self.run_it("export", *where).stdout, before)
        self.assertIn("no change; revision 3", self.run_it("import", "--revision", "1", *where).stdout)
        self.assertIn("no revision 9", self.run_it("import", "--revision", "9", *where, expected=FAILED).stderr)

    def test_tags_go_through_a_table_and_back_without_a_difference(self):
        where = ("--data", self.data)
        table = self.file("tags.csv", "name;type_;min_;max_;description;states\n"
                                      "Tank/Level;float;0;4,5;\"a \"\"b\"\"; c\";\n"
                                      "Tank/Mode;int;;;;0=Off|1=On\n")
        self.assertIn("2 tags", self.run_it("check", table).stdout)
        self.assertIn("+ tag /Tank/Level", self.run_it("import", table, *where).stdout)
        for options in ((), ("--semicolon",)):
            exported = self.directory / "out.csv"
            self.run_it("export", exported, *options, *where)
            self.assertIn("no change", self.run_it("import", exported, "--prune", *where).stdout)
        self.assertEqual(len(self.run_it("export", "--csv", "--path", "Tank/Mode", *where).stdout.splitlines()), 2)
        bad = self.file("bad.csv", "name,type_\nA,floot\n")
        self.assertIn("bad.csv:2:3: ", self.run_it("import", bad, *where, expected=FAILED).stderr)


class Users(CommandLine):
    def test_users_made_offline_log_in_with_their_role(self):
        where = ("--data", self.data)
        self.run_it("user", "add", "chief", "--role", "admin", "--password-stdin", *where, text="a long password\n")
        self.run_it("user", "add", "guest", "--role", "viewer", "--password-stdin", *where, text="another password\n")
        listed = self.run_it("user", "list", *where).stdout
        self.assertRegex(listed, r"(?m)^chief +admin in /$")
        self.assertRegex(listed, r"(?m)^guest +viewer in /$")
        with harness.Server(command="serve", data=self.data) as server:
            client = harness.Client(server.url)
            self.assertEqual(client.login("guest", "another password").get("/api/user")["role"], "viewer")
            self.assertEqual(client.request("POST", "/login", {"username": server.user, "password": server.password}).status,
                             401, "--bootstrap-admin made a user where there was one")
        self.run_it("user", "disable", "guest", *where)
        self.run_it("user", "passwd", "chief", "--password-stdin", *where, text="a new password\n")
        with harness.Server(command="serve", data=self.data) as server:
            client = harness.Client(server.url)
            self.assertEqual(client.request("POST", "/login", {"username": "guest", "password": "another password"}).status, 401)
            self.assertEqual(client.login("chief", "a new password").get("/api/user")["role"], "admin")

    def test_what_is_wrong_with_a_new_user_is_said(self):
        where = ("--data", self.data)
        add = ("user", "add", "chief", "--password-stdin", *where, "--role")
        self.assertIn("8", self.run_it(*add, "admin", text="short\n", expected=FAILED).stderr)
        self.assertIn("king", self.run_it(*add, "king", text="a long password\n", expected=FAILED).stderr)
        self.run_it(*add, "admin", text="a long password\n")
        self.assertIn("chief", self.run_it(*add, "admin", text="a long password\n", expected=FAILED).stderr)


class RunningServer(CommandLine):
    @classmethod
    def setUpClass(cls):
        cls.demo = cls.enterClassContext(harness.Demo())
        cls.client = cls.demo.client
        cls.client.wait_for_good(40)
        cls.instance = cls.client.get("/api/status")["instance"]

    def table(self, *arguments, expected=GOOD):
        return self.run_it("table", *arguments, "--instance", self.instance, expected=expected).stdout

    def test_table_ls_names_the_instance_and_who_writes_it(self):
        self.assertRegex(self.run_it("table", "ls").stdout,
                         rf"(?m)^{self.instance} .* {self.demo.program.pid} .*written$")

    def test_table_get_shows_values_with_quality_and_time(self):
        form = re.compile(r"\A/Plant/PumpHouse/Pressure +\d\.\d+ +Good +20\d\d-\d\d-\d\dT.*Z\n\Z")
        # A busy machine may keep the simulator from answering in time; then it is Bad for a moment.
        harness.wait_until(lambda: form.match(self.table("get", "/Plant/PumpHouse/Pressure")), 10, form.pattern)
        self.assertGreaterEqual(len(self.table("get").splitlines()), 40)
        self.assertEqual(len(self.table("get", "/Plant/PumpHouse/*/Speed").splitlines()), 2)
        answer = self.run_it("table", "get", "/No/Such", "--instance", self.instance, expected=FAILED)
        self.assertIn("/No/Such", answer.stderr)
        self.run_it("table", "get", "--instance", "nosuch", expected=FAILED)

    def test_table_watch_shows_changes_until_it_is_told_to_end(self):
        # Who runs the tests in the background of a shell hands on that Ctrl-C is ignored.
        watch = harness.Program(["env", "--default-signal=INT", harness.BINARY, "table", "watch", "/Plant/PumpHouse/Heartbeat",
                                 "--instance", self.instance], self.directory / "watch.log")
        try:
            first = int(watch.wait_for_line(r"Heartbeat +(\d+) +Good", 5).group(1))
            watch.wait_for_line(rf"Heartbeat +{(first + 2) % 65536} +Good", 10)
        finally:
            watch.process.send_signal(signal.SIGINT)
            watch.process.wait(5)
            watch.kill_group()

    def online(self, *arguments, expected=GOOD):
        password = self.file("password", self.demo.password + "\n")
        return self.run_it(*arguments, "--url", self.demo.url, "--user", self.demo.user, "--password-file", password,
                           expected=expected)

    def test_a_project_is_imported_and_exported_through_the_running_server(self):
        project = self.file("more.yaml", PROJECT)
        self.assertIn("dry run", self.online("import", project, "--dry-run").stdout)
        self.assertIn("/Tank/Level", self.online("import", project).stdout)
        self.assertTrue(self.client.write("/Tank/Level", 2.5)["ok"])
        self.assertRegex(self.online("import", project).stdout, "no change|0 changes")
        exported = self.directory / "exported.yaml"
        self.online("export", exported)
        self.assertIn("Tank/Level", exported.read_text())
        self.assertRegex(self.online("import", exported, "--prune").stdout, "no change|0 changes")
        self.assertEqual(self.client.value("/Tank/Level")["value"], 2.5)
        with_token = self.run_it("export", "--url", self.demo.url, environment={"TAGWERK_TOKEN": self.client.token})
        self.assertEqual(with_token.stdout, exported.read_text())

    def test_a_running_server_says_the_same_as_the_data_directory(self):
        password = self.file("password", self.demo.password + "\n")
        online = ("--url", self.demo.url, "--user", self.demo.user, "--password-file", password)
        offline = ("--data", self.data)
        self.online("import", self.file("none.yaml", "tags: {Both/X: {type: int}}\n"))
        self.run_it("import", self.directory / "none.yaml", *offline)
        good = (self.file("a.yaml", "tags:\n  Both/A: {type: float, confirm: true}\n"), self.file("b.csv", "name,type_\nBoth/B,int\n"))
        bad = (self.file("c.yaml", "tags:\n  Both/C: {type: floot}\n"), self.file("d.csv", "name,type_,scale\nBoth/D,int,x\n"))
        for files, expected in ((good, GOOD), (good, GOOD), (bad, FAILED)):
            for options in (("--dry-run",), ()):
                answers = [self.run_it("import", *files, *options, *where, expected=expected) for where in (online, offline)]
                same = [(re.sub(r"revision \d+", "revision N", answer.stdout), answer.stderr) for answer in answers]
                self.assertEqual(same[0], same[1])
        revisions = self.client.get("/api/project/revisions?limit=1")["items"]
        self.assertEqual(revisions[0]["source"], f"import {good[0]} and 1 more")
        self.assertIn("- tag /Both/A", self.online("import", "--revision", str(revisions[0]["number"] - 1)).stdout)
        self.assertIn("no revision 999", self.online("import", "--revision", "999", expected=FAILED).stderr)

    def test_long_work_says_on_a_terminal_for_how_long_and_erases_that(self):
        command = [str(harness.BINARY), "import", str(self.file("x.yaml", "tags: {Slow/X: {type: int}}\n")), "--url", self.demo.url,
                   "--token", self.client.token]
        ours, theirs = pty.openpty()
        with os.fdopen(ours, "rb", buffering=0) as terminal:
            os.kill(self.demo.program.pid, signal.SIGSTOP)
            try:
                process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, text=True)
                drawn = terminal.read(4096)
            finally:
                os.kill(self.demo.program.pid, signal.SIGCONT)
            self.assertEqual(drawn, b"\rimport  1 s\x1b[K")
            self.assertIn("revision", process.communicate(timeout=60)[0])
            while not drawn.endswith(b"\r\x1b[K"):
                drawn += terminal.read(4096)
            os.close(theirs)

    def test_faults_of_a_project_come_back_from_the_server_with_the_name_of_the_file(self):
        bad = self.file("bad.yaml", "tags:\n  A: {type: floot}\n")
        self.assertRegex(self.online("import", bad, expected=FAILED).stderr, r"bad\.yaml:2:\d+: .*floot.*float")

    def test_a_wrong_password_fails_and_nobody_there_is_3(self):
        wrong = self.file("password", "wrong\n")
        answer = self.run_it("export", "--url", self.demo.url, "--user", self.demo.user, "--password-file", wrong,
                             expected=FAILED)
        self.assertIn("401", answer.stderr)
        nobody = f"http://127.0.0.1:{harness.free_port()}"
        self.assertIn(nobody.rsplit(":", 1)[1], self.run_it("export", "--url", nobody, "--token", "x", expected=NOBODY).stderr)

    def test_the_data_directory_of_a_running_server_is_left_alone(self):
        for arguments in (("import", EXAMPLE), ("export",), ("user", "list"),
                          ("serve", "--http", "127.0.0.1:0")):
            answer = self.run_it(*arguments, "--data", self.demo.data, expected=FAILED)
            self.assertIn(str(self.demo.program.pid), answer.stderr)


class Server(CommandLine):
    def test_addresses_others_can_reach_need_a_decision(self):
        for address in ("0.0.0.0:0", "[::]:0", ":0"):
            answer = self.run_it("serve", "--data", self.data, "--http", address, expected=FAILED)
            self.assertIn("insecure", answer.stderr)
        answer = self.run_it("serve", "--data", self.data, "--http", "127.0.0.1:99999", expected=FAILED)
        self.assertIn("99999", answer.stderr)
        with harness.Server("--insecure", command="serve", data=self.data, http="0.0.0.0:0") as server:
            port = server.url.rsplit(":", 1)[1]
            self.assertEqual(harness.Client(f"http://127.0.0.1:{port}").get("/healthz")["status"], "ok")

    def test_a_port_that_is_taken_is_named(self):
        with harness.Server(command="serve", data=self.data) as server:
            answer = self.run_it("serve", "--data", self.directory / "other", "--http", f"127.0.0.1:{server.port}",
                                 expected=FAILED)
            self.assertIn(str(server.port), answer.stderr)

    def test_it_ends_with_its_connectors_within_five_seconds_and_starts_again_within_five(self):
        demo = harness.Demo(data=self.data)
        with demo:
            demo.client.wait_for_good(40)
            connectors = [each["pid"] for each in demo.client.connectors().values()]
            self.assertLess(demo.stop(), 5)
            for pid in connectors:
                self.assertFalse(pathlib.Path(f"/proc/{pid}").exists(), f"connector {pid} still runs")
            demo.start()
            self.assertLess(demo.started_in, 5)
            demo.client.wait_for_good(40)

    def test_bootstrap_admin_is_read_once_and_its_faults_are_told(self):
        for text in (None, "", "nocolon\n", "name:short\n"):
            file = self.directory / "administrator"
            if text is None:
                file.unlink(missing_ok=True)
            else:
                file.write_text(text)
            answer = self.run_it("serve", "--data", self.directory / "fresh", "--http", "127.0.0.1:0", "--bootstrap-admin", file,
                                 expected=FAILED, seconds=10)
            self.assertTrue(answer.stderr.strip(), text)
        demo = harness.Demo(data=self.data)
        with demo:
            self.assertEqual(demo.client.get("/api/user")["role"], "admin")
            self.assertFalse(harness.Client(demo.url).get("/api/setup")["needed"])

    def test_a_setup_link_makes_the_first_administrator_once(self):
        with subprocess.Popen([str(harness.BINARY), "serve", "--data", str(self.data), "--http", "127.0.0.1:0"],
                              stdout=subprocess.PIPE, text=True) as process:
            try:
                text = ""
                for line in process.stdout:
                    text += line
                    if line.startswith("listening on"):
                        break
                url, token = re.search(r"(http://\S+)/setup#(\S+)", text).groups()
                client = harness.Client(url)
                self.assertTrue(client.get("/api/setup")["needed"])
                body = {"token": token, "name": "first", "password": "long enough 1"}
                self.assertEqual(client.request("POST", "/api/setup", {**body, "token": "wrong"}).status, 403)
                client.token = client.post("/api/setup", body, expected=201)["access_token"]
                self.assertEqual(client.get("/api/user")["role"], "admin")
                self.assertEqual(client.request("POST", "/api/setup", body).status, 409)
            finally:
                process.terminate()
                self.assertEqual(process.wait(5), 0)

    def test_demo_prints_the_password_it_made_once(self):
        with harness.Program([harness.BINARY, "demo", "--data", self.data, "--http", "127.0.0.1:0"],
                             self.directory / "demo.log") as demo:
            password = demo.wait_for_line(r"password +(\S+)", 10).group(1)
            url = demo.wait_for_line(harness.READY, 10).group(1)
            harness.Client(url).login("admin", password)
            self.assertEqual(oct((self.data / "admin-password").stat().st_mode & 0o777), "0o600")
            demo.stop()
        with harness.Program([harness.BINARY, "demo", "--data", self.data, "--http", "127.0.0.1:0"],
                             self.directory / "demo2.log") as demo:
            demo.wait_for_line(harness.READY, 10)
            self.assertFalse([line for line in demo.output() if "password" in line])
            demo.stop()

    def test_a_faulty_project_stops_a_first_start_and_not_a_later_one(self):
        project = self.file("plant.yaml", "tags:\n  A: {type: floot}\n")
        answer = self.run_it("serve", "--data", self.data, "--http", "127.0.0.1:0", "--project", project, expected=FAILED,
                             seconds=10)
        self.assertIn("plant.yaml:2:", answer.stderr)
        project.write_text(PROJECT)
        with harness.Server("--project", project, command="serve", data=self.data) as server:
            self.assertIn("/Tank/Level", server.client.values())
            server.stop()
            project.write_text("tags:\n  A: {type: floot}\n")
            server.start()
            self.assertIn("/Tank/Level", server.client.values())
            parts = {part["name"]: part for part in server.client.get("/api/status")["parts"]}
            self.assertEqual(parts["configuration"]["state"], "bad")
            self.assertIn("plant.yaml:2", parts["configuration"]["detail"])

    def test_settings_files_are_checked_with_line_and_column(self):
        for text, words in (("htpp: 127.0.0.1:0\n", [":1:", "htpp", "http"]), ("io_threads: many\n", [":1:", "io_threads"]),
                            ("insecure: maybe\n", [":1:", "true or false"]), ("http: [1]\n", [":1:"])):
            answer = self.run_it("serve", "--config", self.file("tagwerk.yaml", text), "--data", self.data, expected=FAILED)
            for word in words:
                self.assertIn(word, answer.stderr)
        self.run_it("serve", "--config", self.directory / "nothing.yaml", expected=FAILED)


if __name__ == "__main__":
    os.environ.pop("TAGWERK_TOKEN", None)
    unittest.main()
