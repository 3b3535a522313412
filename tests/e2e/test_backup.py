"""Backups of the real program: made under load, restored elsewhere, and the second server answers what the first one did."""

import contextlib
import pathlib
import re
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

import harness

GOOD, FAILED, USAGE, NOBODY = 0, 1, 2, 3
PROJECT = """\
types:
  Pump:
    parameters: {number: int}
    tags:
      Running: {type: bool, write: operator}
objects:
  Plant/Pump1: {type: Pump, with: {number: 1}}
tags:
  Plant/Level: {type: float, unit: m, write: operator}
"""
PASSWORD = "a long sentence"
NIGHTLY = "nightly-????????.tar.zst"


class Backups(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="tagwerk-backup-")))
        self.archive = self.folder / "plant.tar.zst"
        self.restored = self.folder / "restored"
        for name in ("data", "restored"):
            self.addCleanup(harness.remove_table_of, self.folder / name)

    def serve(self, name="data", *arguments, **options):
        return harness.Server(*arguments, command="serve", data=self.folder / name, **options)

    def plant(self):
        return self.enterContext(harness.Plant(PROJECT, data=self.folder / "data"))

    def run_it(self, *arguments, expected=GOOD, **options):
        answer = harness.tagwerk(*arguments, seconds=120, **options)
        self.assertEqual(answer.returncode, expected, f"{arguments}\n{answer.stdout}\n{answer.stderr}")
        return answer

    def at(self, server):
        """How the command line signs on."""
        password = self.folder / "password"
        password.write_text(server.password + "\n")
        return "--url", server.url, "--user", server.user, "--password-file", password

    def change(self, statement, name="data", many=()):
        """SQL past a server that does not run."""
        with contextlib.closing(sqlite3.connect(self.folder / name / "config.sqlite")) as database, database:
            if many:
                database.executemany(statement, many)
            else:
                database.executescript(statement)

    def fill_audit(self, rows):
        self.change("INSERT INTO audit VALUES (?, 0, 'me', 'test', 'write', '/Plant/Level', '', ?, 'Good', '')",
                    many=((1000 + row, f"value {row * 7919 % rows}") for row in range(rows)))

    def list_of(self, archive):
        shown = subprocess.run(["tar", "--zstd", "-tf", archive], capture_output=True, text=True, check=True)
        return shown.stdout.split()


def state_of(client):
    """What must be the same afterwards. Audit and keys change by being asked: of the audit what was there, of keys when
    they were used last."""
    keys = client.get("/api/keys")["items"]
    for key in keys:
        key.pop("last_used")
    return {"project": client.request("GET", "/api/project/export").body,
            "revisions": client.get("/api/project/revisions")["items"],
            "keys": keys,
            **{path: client.get(path)["items"] for path in ("/api/users", "/api/roles", "/api/locks", "/api/tags")}}


def audit_of(client):
    """Id -> entry."""
    found, cursor = {}, ""
    while cursor is not None:
        page = client.get(f"/api/audit?limit=1000&cursor={cursor}")
        found.update((entry["id"], entry) for entry in page["items"])
        cursor = page["cursor"]
    return found


class ToAnotherMachine(Backups):
    def setUp(self):
        super().setUp()
        self.server = self.plant()
        self.admin = self.server.client
        self.fill()

    def fill(self):
        """Something of everything that a backup must bring along."""
        self.admin.post("/api/roles", {"name": "fitter", "rights": ["read", "control"]}, expected=201)
        self.admin.post("/api/users", {"username": "eva", "password": PASSWORD, "grants": [
            {"role": "fitter", "subtree": "/Plant"}]}, expected=201)
        self.key = self.admin.post("/api/keys", {"name": "wide", "grants": [{"role": "admin"}]}, expected=201)["key"]
        gone = self.admin.post("/api/keys", {"name": "gone", "grants": [{"role": "admin"}]}, expected=201)
        self.admin.ask("DELETE", f"/api/keys/{gone['id']}", expected=204)
        self.revoked = gone["key"]
        self.admin.post("/api/locks", {"path": "/Plant/Pump1", "reason": "bearing change"}, expected=201)
        self.assertTrue(self.admin.write("/Plant/Level", 1.5)["ok"])

    def restore(self):
        answer = self.run_it("restore", self.archive, "--data", self.restored)
        self.assertIn(f"next: tagwerk serve --data {self.restored}", answer.stdout)
        return answer

    def test_the_second_server_answers_what_the_first_one_did(self):
        made = self.run_it("backup", self.archive, *self.at(self.server)).stdout
        self.assertRegex(made, rf"^{re.escape(str(self.archive))}: [\d.]+ KiB, revision 1, schema \d+, of 20\S+Z\n$")
        self.assertEqual(oct(self.archive.stat().st_mode & 0o777), "0o600")
        self.assertEqual(self.list_of(self.archive), ["manifest.json", "config.sqlite", "secret"])
        by_key = harness.Client(self.server.url, self.key)
        before, audit_before = state_of(by_key), audit_of(by_key)
        self.assertIn("backup", {entry["action"] for entry in audit_before.values()})
        token = self.admin.token
        self.server.stop()

        self.restore()
        with self.serve("restored") as second:
            by_key = harness.Client(second.url, self.key)
            self.assertEqual(state_of(by_key), before)
            audit = audit_of(by_key)
            self.assertTrue({"write", "key.revoke", "lock"} <= {entry["action"] for entry in audit.values()})
            self.assertEqual(audit, {number: audit_before[number] for number in audit})
            self.assertEqual(harness.Client(second.url, token).get("/api/user")["username"], self.server.user)
            self.assertEqual(harness.Client(second.url, self.revoked).request("GET", "/api/user").status, 401)
            eva = harness.Client(second.url).login("eva", PASSWORD)
            self.assertEqual(eva.request("GET", "/api/backup").status, 403)
            self.assertEqual(by_key.write("/Plant/Pump1/Running", True)["status"], "BadNotWritable")
            self.assertTrue(by_key.write("/Plant/Level", 2.5)["ok"])

    def test_a_backup_under_load_is_of_one_moment(self):
        over = threading.Event()
        counts = {"writes": 0, "edits": 0}

        def write():
            client = harness.Client(self.server.url, self.key)
            while not over.is_set():
                self.assertTrue(client.write("/Plant/Level", counts["writes"])["ok"])
                counts["writes"] += 1

        def edit():
            client = harness.Client(self.server.url, self.key)
            while not over.is_set():
                client.post("/api/tags", {"path": f"/Load/T{counts['edits']}", "type": "int"}, expected=201)
                counts["edits"] += 1

        first = self.admin.get("/api/project/revisions?limit=1")["items"][0]["number"]
        threads = [threading.Thread(target=work) for work in (write, edit)]
        for thread in threads:
            thread.start()
        try:
            harness.wait_until(lambda: min(counts.values()) > 10, 20, "the load")
            before = dict(counts)
            for _ in range(3):
                self.run_it("backup", self.archive, *self.at(self.server))
            after = dict(counts)
        finally:
            over.set()
            for thread in threads:
                thread.join()
        self.assertGreater(after["writes"], before["writes"], "nothing was written while backups were made")

        self.restore()
        with self.serve("restored") as second:
            client = harness.Client(second.url, self.key)
            revision = client.get("/api/project/revisions?limit=1")["items"][0]["number"]
            tags = [tag for tag in client.get("/api/tags?limit=10000")["items"] if tag["path"].startswith("/Load/")]
            # Each edit is a revision, a tag and an entry of the audit: all of it is there or nothing.
            self.assertEqual(len(tags), revision - first)
            self.assertTrue(before["edits"] <= len(tags) <= after["edits"] + 1, (before, len(tags), after))
            audit = audit_of(client).values()
            self.assertIn(len([entry for entry in audit if entry["target"].startswith("/Load/")]),
                          (len(tags) - 1, len(tags)))
        self.assertIn("check     good", self.run_it("database", "status", "--data", self.restored).stdout)

    def test_it_goes_through_a_pipe_and_the_unix_socket(self):
        socket = f"unix:{self.server.data}/run/http.sock"
        with open(self.archive, "wb") as out:
            made = subprocess.run([str(harness.BINARY), "backup", "-", "--url", socket, "--token", self.key], stdout=out,
                                  stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        self.assertEqual(made.returncode, GOOD, made.stderr)
        self.assertRegex(made.stderr, r"^backup: [\d.]+ KiB, revision 1")
        with open(self.archive, "rb") as archive:
            restored = subprocess.run([str(harness.BINARY), "restore", "-", "--data", str(self.restored)], stdin=archive,
                                      capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(restored.returncode, GOOD, restored.stderr)
        self.assertEqual(restored.stderr, "")

    def test_into_a_directory_it_gets_a_name_of_its_own(self):
        self.run_it("backup", self.folder, *self.at(self.server))
        found = list(self.folder.glob("tagwerk-*.tar.zst"))
        self.assertEqual(len(found), 1)
        instance = self.admin.get("/api/status")["instance"]
        self.assertRegex(found[0].name, rf"^tagwerk-{instance}-\d{{8}}-\d{{6}}\.tar\.zst$")

    def test_what_goes_wrong_leaves_the_former_backup_and_nothing_else(self):
        self.archive.write_text("the former one")
        there = sorted(self.folder.iterdir())
        url, rest = self.at(self.server)[:2], self.at(self.server)[2:]
        eva = self.folder / "password-of-eva"
        eva.write_text(PASSWORD + "\n")
        there = sorted(self.folder.iterdir())
        for where, expected, words in (
                ((*url, "--user", "eva", "--password-file", eva), FAILED, "the right 'backup' is needed"),
                ((*url, "--token", "nonsense"), FAILED, "401"),
                (("--url", f"http://127.0.0.1:{harness.free_port()}", "--token", "x"), NOBODY, "cannot connect"),
                (("--data", self.server.data), FAILED, str(self.server.program.pid)),
                (("--data", self.folder / "nowhere"), FAILED, "there is no plant in")):
            with self.subTest(words):
                self.assertIn(words, self.run_it("backup", self.archive, *where, expected=expected).stderr)
                self.assertEqual(self.archive.read_text(), "the former one")
        self.assertEqual(sorted(self.folder.iterdir()), there)
        self.assertIn("missing", self.run_it("backup", self.folder / "missing" / "x", *url, *rest, expected=FAILED).stderr)
        self.run_it("backup", expected=USAGE)
        self.run_it("restore", self.archive, expected=USAGE)

    def test_restore_refuses_what_is_in_use_and_what_is_no_backup(self):
        self.run_it("backup", self.archive, *self.at(self.server))
        running = self.run_it("restore", self.archive, "--data", self.server.data, "--replace", expected=FAILED)
        self.assertIn(str(self.server.program.pid), running.stderr)
        whole = self.archive.read_bytes()
        for bytes_ in (whole[:len(whole) // 2], b"", b"PK\x03\x04 something else", whole[:200] + b"\0" + whole[201:]):
            self.archive.write_bytes(bytes_)
            answer = self.run_it("restore", self.archive, "--data", self.restored, expected=FAILED)
            self.assertIn(str(self.archive), answer.stderr)
            self.assertFalse(self.restored.exists())
        self.assertIn("nothing.zst", self.run_it("restore", self.folder / "nothing.zst", "--data", self.restored,
                                                 expected=FAILED).stderr)

    def test_a_plant_is_replaced_only_when_told_to_and_comes_back(self):
        self.run_it("backup", self.archive, *self.at(self.server))
        self.server.stop()
        self.run_it("import", self.server.project, "--data", self.restored)
        refused = self.run_it("restore", self.archive, "--data", self.restored, expected=FAILED)
        self.assertIn("--replace", refused.stderr)
        self.assertEqual(self.run_it("user", "list", "--data", self.restored).stdout, "")
        answer = self.run_it("restore", self.archive, "--data", self.restored, "--replace")
        kept = re.search(r"what was there is kept in (\S+/before-restore-\S+\.tar\.zst)", answer.stdout).group(1)
        self.assertIn("eva", self.run_it("user", "list", "--data", self.restored).stdout)
        self.run_it("restore", kept, "--data", self.restored, "--replace")
        self.assertEqual(self.run_it("user", "list", "--data", self.restored).stdout, "")

    def test_without_a_server_it_is_made_of_the_data_directory(self):
        self.server.stop()
        self.run_it("backup", self.archive, "--data", self.server.data)
        self.restore()
        self.assertEqual(self.run_it("user", "list", "--data", self.restored).stdout,
                         self.run_it("user", "list", "--data", self.server.data).stdout)


class Large(Backups):
    """A database whose backup takes a moment."""

    def setUp(self):
        super().setUp()
        server = self.plant()
        server.stop()
        self.fill_audit(500_000)
        self.server = server.start()

    def test_one_is_made_at_a_time_and_none_keeps_the_server_from_answering_or_stopping(self):
        token = self.server.client.token
        answers, slowest = [], 0

        def fetch():
            with contextlib.suppress(OSError):
                answers.append(harness.Client(self.server.url, token).request("GET", "/api/backup", seconds=60))

        threads = [threading.Thread(target=fetch) for _ in range(4)]
        for thread in threads:
            thread.start()
        client = harness.Client(self.server.url, token)
        while any(thread.is_alive() for thread in threads):
            started = time.monotonic()
            self.assertTrue(client.write("/Plant/Level", 1)["ok"])
            slowest = max(slowest, time.monotonic() - started)
        self.assertEqual(sorted(answer.status for answer in answers), [200, 409, 409, 409])
        for answer in answers:
            if answer.status == 409:
                self.assertIn("being made already", answer.json()["detail"])
            else:
                self.assertEqual(answer.body[:4], b"\x28\xb5\x2f\xfd")
        print(f"backup of {len(answers[-1].body)} bytes; the slowest write took {1000 * slowest:.0f} ms", flush=True)

        thread = threading.Thread(target=fetch)
        thread.start()
        work = self.server.data / "backup"
        harness.wait_until(lambda: list(work.glob(".making-*")), 20, "a backup to begin")
        self.server.stop()  # within its 5 s
        thread.join()
        self.assertEqual(list(work.iterdir()), [])


class Nightly(Backups):
    def age(self, name):
        self.change("UPDATE schema_migrations SET applied_at = applied_at - 172800000000000", name)

    def part(self, server):
        return next(part for part in server.client.get("/api/status")["parts"] if part["name"] == "backup")

    def test_a_missed_one_is_made_soon_after_the_start_and_a_failing_one_is_shown(self):
        for name in ("data", "restored"):
            with self.serve(name) as server:
                self.assertIn("the first one is made at 02:30", self.part(server)["detail"])
            self.age(name)
        settings = self.folder / "tagwerk.yaml"
        settings.write_text(f"backup: {{directory: {self.folder / 'not-mounted'}}}\n")
        with self.serve() as server, self.serve("restored", "--config", settings) as failing:
            made = harness.wait_until(lambda: list((server.data / "backup").glob(NIGHTLY)), 60, "the nightly backup")
            self.assertEqual(self.list_of(made[0]), ["manifest.json", "config.sqlite", "secret"])
            harness.wait_until(lambda: "the last one is of" in self.part(server)["detail"], 10, "the status")
            self.assertEqual(self.part(server)["state"], "good")
            harness.wait_until(lambda: self.part(failing)["state"] == "warning", 30, "the warning")
            self.assertIn("not-mounted", self.part(failing)["detail"])
            self.assertIn("the nightly backup failed", failing.program.log.read_text())
            self.assertIn('tagwerk_part_good{part="backup"} 0', failing.client.request("GET", "/metrics").body.decode())


class Database(Backups):
    OLDER = """
        CREATE TABLE tag_ids (id INTEGER NOT NULL PRIMARY KEY, path TEXT NOT NULL, valid_from INTEGER NOT NULL,
                              valid_until INTEGER NOT NULL);
        INSERT INTO tag_ids SELECT id, path, valid_from, valid_until FROM tag_paths;
        CREATE INDEX tag_ids_path ON tag_ids (path, valid_until);
        DROP TABLE tag_paths;
        DELETE FROM schema_migrations WHERE number >= 5;
        """

    def status(self, *arguments, expected=GOOD):
        return self.run_it("database", "status", "--data", self.folder / "data", *arguments, expected=expected).stdout

    def number(self, key):
        return int(re.search(rf"^{key} +(\d+)", self.status(), re.M).group(1))

    def test_status_counts_what_is_there_also_while_the_server_runs(self):
        server = self.plant()
        self.assertEqual((self.number("revision"), self.number("users"), self.number("tags")), (1, 1, 2))
        audit = self.number("audit")
        server.client.write("/Plant/Level", 1)
        self.assertGreater(self.number("audit"), audit)
        self.assertRegex(self.status("--json"), r'"schema":(\d+),"known_schema":\1,.*"good":true,"faults":\[\]')
        server.stop()
        self.assertEqual(self.number("tags"), 2)

    def test_migrate_says_from_where_to_where_and_keeps_a_copy(self):
        with self.plant() as server:
            server.stop()
            self.assertIn("nothing to do", self.run_it("database", "migrate", "--data", server.data).stdout)
            self.change(self.OLDER)
            self.assertRegex(self.status(), r"schema +4 of \d+ known; the next start of the server migrates it")
            self.assertEqual(self.number("tags"), 2)
            migrated = self.run_it("database", "migrate", "--data", server.data).stdout
            kept = re.search(r"^schema 4 became \d+; the database before is kept in (\S+)", migrated).group(1)
            self.assertTrue(pathlib.Path(kept).exists())
            server.start()
            self.assertIn("/Plant/Level", server.client.values())
            running = self.run_it("database", "migrate", "--data", server.data, expected=FAILED)
            self.assertIn(str(server.program.pid), running.stderr)

    def test_a_backup_of_an_older_schema_is_migrated_at_the_next_start(self):
        with self.plant() as server:
            server.stop()
            self.change(self.OLDER)
            self.run_it("backup", self.archive, "--data", server.data)
        self.run_it("restore", self.archive, "--data", self.restored)
        with self.serve("restored") as second:
            self.assertIn("/Plant/Level", second.client.values())

    def test_what_is_none_damaged_or_newer_ends_with_1(self):
        for command in ("status", "migrate"):
            self.run_it("database", command, "--data", self.folder / "nowhere", expected=FAILED)
        self.assertFalse((self.folder / "nowhere").exists())
        with self.plant() as server:
            server.stop()
        self.change("INSERT INTO schema_migrations VALUES (99, 'later', 0)")
        self.assertIn("a newer Tagwerk wrote it", self.status(expected=FAILED))
        self.run_it("database", "migrate", "--data", self.folder / "data", expected=FAILED)
        self.run_it("database", expected=USAGE)


if __name__ == "__main__":
    unittest.main()
