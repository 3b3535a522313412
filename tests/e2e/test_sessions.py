"""Login, tokens, keys and locks of the real program: guessing is slowed down, what has ended stays ended, also over a restart."""

import datetime
import http.client
import json
import sqlite3
import time
import unittest

import harness
from http_client import Answer

PROJECT = "tags:\n  Plant/A/Level: {type: float, write: operator}\n"
PASSWORD = "a long sentence"
# Of "secret123", as the original bus stored it.
BCRYPT = "$2b$04$abcdefghijklmnopqrstuuZakPDp6bZDRlgfrhVHiZC/4c843smaK"
WRONG = {"detail": "Incorrect username or password"}


def in_seconds(seconds):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).isoformat()


class Guessing(unittest.TestCase):
    """A server of its own for each: attempts count for a while."""

    def setUp(self):
        self.server = self.enterContext(harness.Plant(PROJECT))

    def log_in(self, user, password, address="127.0.0.1"):
        """The whole answer, asked from one of this machine's addresses."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20, source_address=(address, 0))
        try:
            connection.request("POST", "/login", json.dumps({"username": user, "password": password}),
                               {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def guess(self, target):
        """Wrong logins of target(attempt) until one has to wait; how many were answered, and that answer."""
        for attempt in range(200):
            name, address = target(attempt)
            answer = self.log_in(name, "wrong", address)
            if answer.status == 429:
                return attempt, answer
            self.assertEqual((answer.status, answer.json()), (401, WRONG))
        self.fail("200 wrong logins in a row were answered")

    def test_one_user_is_guessed_ten_times_whatever_the_address(self):
        guesses, blocked = self.guess(lambda attempt: (self.server.user, f"127.0.0.{attempt % 200 + 2}"))
        self.assertGreaterEqual(guesses, 10)
        self.assertTrue(1 <= int(blocked.headers["Retry-After"]) <= 6, blocked.headers["Retry-After"])
        self.assertIn("try again in", blocked.json()["detail"])
        harness.wait_until(lambda: self.log_in(self.server.user, self.server.password).status == 200, 15,
                           "the login after the wait")

    def test_one_address_guesses_twenty_times_whatever_the_user(self):
        guesses, blocked = self.guess(lambda attempt: (f"nobody{attempt}", "127.0.0.1"))
        self.assertGreaterEqual(guesses, 20)
        self.assertTrue(1 <= int(blocked.headers["Retry-After"]) <= 3, blocked.headers["Retry-After"])
        self.assertEqual(self.log_in(self.server.user, self.server.password, "127.0.0.2").status, 200)

    def test_nobody_learns_from_text_or_time_who_exists(self):
        times = {self.server.user: [], "nobody": []}
        for attempt in range(8):
            for name, taken in times.items():
                started = time.monotonic()
                answer = self.log_in(name, "wrong", f"127.0.0.{attempt + 2}")
                taken.append(time.monotonic() - started)
                self.assertEqual((answer.status, answer.json()), (401, WRONG))
        known, unknown = (min(taken) for taken in times.values())
        self.assertLess(max(known, unknown) / min(known, unknown), 2, times)


class Sessions(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(harness.Plant(PROJECT))
        self.admin = self.server.client

    def log_in(self, user=None, password=None):
        return harness.Client(self.server.url).post(
            "/login", {"username": user or self.server.user, "password": password or self.server.password})

    def status_of(self, token):
        return harness.Client(self.server.url, token).request("GET", "/api/user").status

    def refresh(self, token):
        return harness.Client(self.server.url).request("POST", "/login/refresh", {"refresh_token": token})

    def restart(self):
        self.server.stop()
        self.server.restart()
        self.admin = self.server.client

    def database(self, statement, *values):
        with sqlite3.connect(self.server.data / "config.sqlite") as connection:
            return connection.execute(statement, values).fetchall()

    def test_a_refresh_token_is_good_once_and_a_copy_ends_the_session(self):
        first = self.log_in()
        second = self.refresh(first["refresh_token"]).json()
        self.assertEqual(self.status_of(second["access_token"]), 200)
        self.assertEqual(self.refresh(first["refresh_token"]).status, 401)
        self.assertEqual(self.refresh(second["refresh_token"]).status, 401)
        self.assertEqual(self.status_of(second["access_token"]), 401)
        self.assertEqual(self.status_of(self.admin.token), 200)

    def test_what_has_ended_stays_ended_when_the_server_starts_anew(self):
        ended, going_on = self.log_in(), self.log_in()
        harness.Client(self.server.url).post("/logout", {"refresh_token": ended["refresh_token"]}, expected=204)
        self.admin.post("/api/users", {"username": "anna", "password": PASSWORD, "role": "viewer"}, expected=201)
        anna = self.log_in("anna", PASSWORD)
        identifier = harness.Client(self.server.url, anna["access_token"]).get("/api/user")["id"]
        self.admin.ask("DELETE", f"/api/users/{identifier}/sessions", expected=204)
        for token in (ended, anna):
            self.assertEqual(self.status_of(token["access_token"]), 401)
        self.restart()
        for token in (ended, anna):
            self.assertEqual(self.status_of(token["access_token"]), 401)
            self.assertEqual(self.refresh(token["refresh_token"]).status, 401)
        self.assertEqual(self.status_of(going_on["access_token"]), 200)

    def test_a_password_of_the_original_bus_works_and_is_renewed_at_login(self):
        self.admin.post("/api/users", {"username": "old", "password": PASSWORD, "role": "viewer"}, expected=201)
        self.server.stop()
        self.database("UPDATE users SET password_hash = ? WHERE name = 'old'", BCRYPT)
        self.server.restart()
        self.assertEqual(self.status_of(self.log_in("old", "secret123")["access_token"]), 200)
        self.assertRegex(self.database("SELECT password_hash FROM users WHERE name = 'old'")[0][0], r"^\$argon2id\$")
        self.assertEqual(self.status_of(self.log_in("old", "secret123")["access_token"]), 200)

    def test_the_secret_is_replaced_with_overlap(self):
        before = self.log_in()
        self.admin.post("/api/secret/rotate", expected=204)
        after = self.log_in()
        self.assertEqual(self.status_of(before["access_token"]), 200)
        self.restart()
        self.assertEqual(self.status_of(before["access_token"]), 200)
        self.assertEqual(self.status_of(after["access_token"]), 200)
        self.admin.post("/api/secret/rotate", expected=204)
        self.assertEqual(self.status_of(before["access_token"]), 401)
        self.assertEqual(self.status_of(after["access_token"]), 200)
        self.assertEqual(self.refresh(before["refresh_token"]).status, 200)

    def test_a_key_outlives_the_server_with_its_name_rights_and_last_use(self):
        made = self.admin.post("/api/keys", {"name": "grafana", "grants": [{"role": "viewer", "subtree": "/Plant"}],
                                             "description": "Dashboards"}, expected=201)
        service = harness.Client(self.server.url, made["key"])
        for _ in range(50):
            service.get("/api/values")
        harness.wait_until(lambda: self.database("SELECT last_used_at FROM service_keys")[0][0] > 0, 5, "the stored use")
        self.assertNotIn(made["key"], (self.server.data / "config.sqlite").read_bytes().decode(errors="replace"))
        self.assertNotIn(made["key"], self.server.program.log_tail(1000))
        self.restart()
        self.assertEqual(service.get("/api/user")["kind"], "key")
        listed = self.admin.get("/api/keys")["items"][0]
        self.assertEqual({name: listed[name] for name in ("name", "description", "created_by", "revoked")},
                         {"name": "grafana", "description": "Dashboards", "created_by": self.server.user, "revoked": None})
        self.assertTrue(listed["last_used"])
        self.admin.ask("DELETE", f"/api/keys/{made['id']}", expected=204)
        self.assertEqual(service.request("GET", "/api/values").status, 401)

    def test_a_lock_outlives_the_server_and_ends_in_time(self):
        lasting = self.admin.post("/api/locks", {"path": "/Plant/A", "reason": "bearing change"}, expected=201)
        self.restart()
        refused = self.admin.write("/Plant/A/Level", 1)
        self.assertEqual((refused["status"], refused["ok"]), ("BadNotWritable", False))
        self.assertIn(f"locked by {self.server.user}: bearing change", refused["detail"])
        self.admin.ask("DELETE", f"/api/locks/{lasting['id']}", expected=204)
        self.assertTrue(self.admin.write("/Plant/A/Level", 1)["ok"])

        self.admin.post("/api/locks", {"path": "/Plant/A", "reason": "a moment", "until": in_seconds(4)}, expected=201)
        self.assertFalse(self.admin.write("/Plant/A/Level", 2)["ok"])
        harness.wait_until(lambda: self.admin.write("/Plant/A/Level", 2)["ok"], 20, "the end of the lock")
        self.assertEqual(self.admin.get("/api/locks")["items"], [])

        def is_audited():
            entries = self.admin.get("/api/audit?action=unlock&user=serve")["items"]
            return entries and "a moment" in entries[0]["detail"]
        harness.wait_until(is_audited, 20, "the end of the lock in the audit")


if __name__ == "__main__":
    unittest.main()
