"""What may not be done is refused with a sentence that helps, and everything else goes on."""

import base64
import json
import time
import unittest

import harness
from live_socket import Socket

PUMP_HOUSE = "/Plant/PumpHouse"
SET_POINT = f"{PUMP_HOUSE}/SetPoint"
PRESSURE = f"{PUMP_HOUSE}/Pressure"
HEARTBEAT = f"{PUMP_HOUSE}/Heartbeat"
MODE = f"{PUMP_HOUSE}/Pump1/Mode"


class OnTheDemo(unittest.TestCase):
    """One demo for a class; after each test its values still change and are Good."""

    @classmethod
    def setUpClass(cls):
        cls.demo = cls.enterClassContext(harness.Demo())
        cls.client = cls.demo.client
        cls.client.wait_for_good(40)

    def tearDown(self):
        first = self.client.wait_for_value(HEARTBEAT, lambda item: item["quality"] == 0, 5)
        self.client.wait_for_value(
            HEARTBEAT, lambda item: item["quality"] == 0 and item["value"] > first["value"], 5, "a later heartbeat")
        self.assertTrue(self.demo.program.is_running)

    def add_user(self, name, role, subtree="/"):
        self.client.post("/api/users", {"username": name, "password": "long enough 1", "role": role,
                                        "subtree": subtree}, expected=201)
        return harness.Client(self.demo.url).login(name, "long enough 1")

    def assert_refused(self, item, status, *words):
        self.assertFalse(item["ok"], item)
        self.assertEqual(item["status"], status, item)
        for word in words:
            self.assertIn(word, item["detail"])


class RefusedWrites(OnTheDemo):
    def test_a_viewer_may_not_write_and_reads_on(self):
        viewer = self.add_user("viewer1", "viewer")
        before = viewer.value(SET_POINT)["value"]
        self.assert_refused(viewer.write(SET_POINT, 5.0), "BadUserAccessDenied", "viewer1", SET_POINT, "operator")
        self.assertEqual(viewer.value(SET_POINT)["value"], before)
        with viewer.socket() as live:
            live.send({"op": "write", "id": 4, "items": [{"path": SET_POINT, "value": 5.0}]})
            self.assert_refused(live.receive_op("written")["items"][0], "BadUserAccessDenied")
        for method, path, body in (("GET", "/api/users", None), ("GET", "/api/audit", None),
                                   ("POST", "/api/connectors/plc1/stop", None),
                                   ("GET", "/api/project/export?format=yaml", None),
                                   ("POST", "/api/project/import", "tags: {}")):
            headers = {"Content-Type": "application/yaml"} if isinstance(body, str) else {}
            answer = viewer.request(method, path, body, headers=headers)
            self.assertEqual(answer.status, 403, (method, path, answer))
            self.assertTrue(answer.json()["detail"])

    def test_an_operator_of_one_part_may_write_there_and_nowhere_else(self):
        pump = self.add_user("operator1", "operator", f"{PUMP_HOUSE}/Pump1")
        self.assertTrue(pump.write(MODE, 1)["ok"])
        elsewhere = pump.write(f"{PUMP_HOUSE}/Pump2/Mode", 1)
        self.assertFalse(elsewhere["ok"])
        self.assertIn(elsewhere["status"], ("BadUserAccessDenied", "BadNotFound"))

    def test_a_user_that_is_disabled_is_out_at_once(self):
        shift = self.add_user("shift1", "operator")
        self.assertTrue(shift.write(MODE, 1)["ok"])
        identity = shift.get("/api/user")["id"]
        self.client.put(f"/api/users/{identity}", {"disabled": True})
        self.assertEqual(shift.request("GET", "/api/values").status, 401)

    def test_values_out_of_range_are_refused_with_the_range(self):
        for value in (6.5, -1, 1e300):
            self.assert_refused(self.client.write(SET_POINT, value), "BadOutOfRange", "1", "6")
        self.assert_refused(self.client.write(MODE, 3), "BadOutOfRange")

    def test_values_of_the_wrong_type_are_refused(self):
        for value in ("four", True, [4.0], {"a": 1}, None):
            self.assert_refused(self.client.write(SET_POINT, value), "BadTypeMismatch")
        self.assert_refused(self.client.write(MODE, 1.5), "BadTypeMismatch")

    def test_tags_that_are_read_only_or_missing_are_named(self):
        self.assert_refused(self.client.write(PRESSURE, 3.0), "BadNotWritable", PRESSURE)
        self.assert_refused(self.client.write("/Plant/Nothing", 3.0), "BadNotFound", "/Plant/Nothing")

    def test_of_several_writes_the_good_ones_are_done_and_each_has_its_answer(self):
        items = [{"path": PRESSURE, "value": 1.0}, {"path": f"{PUMP_HOUSE}/ChangeoverHours", "value": 12},
                 {"path": "/No/Such", "value": 1}]
        answer = self.client.request("PUT", "/api/values", {"items": items})
        self.assertEqual(answer.status, 207)
        self.assertEqual([item["status"] for item in answer.json()["items"]], ["BadNotWritable", "Good", "BadNotFound"])
        self.assertEqual(self.client.value(f"{PUMP_HOUSE}/ChangeoverHours")["value"], 12)

    def test_every_attempt_is_in_the_audit_with_its_outcome(self):
        refused = self.add_user("viewer2", "viewer")
        refused.write(SET_POINT, 4.5)
        entries = self.client.get("/api/audit?user=viewer2")["items"]
        self.assertEqual((entries[0]["target"], entries[0]["outcome"], entries[0]["new"]),
                         (SET_POINT, "BadUserAccessDenied", "4.5"))

    def test_a_stopped_connector_is_the_reason_given(self):
        self.client.post("/api/connectors/plc1/stop", expected=202)
        try:
            self.client.wait_for_value(SET_POINT, lambda item: item["status"] == "BadNotConnected", 5)
            self.assert_refused(self.client.write(SET_POINT, 4.0), "BadNotConnected", "plc1", "tester")
        finally:
            self.client.post("/api/connectors/plc1/start", expected=202)
        self.client.wait_for_good(40)

    def test_malformed_bodies_are_told_apart_from_wrong_content(self):
        for body, status in (("{", 400), ("", 400), ("[]", 422), ("{}", 422), ('{"items":5}', 422),
                             ('{"items":[]}', 422), ('{"items":[{"value":1}]}', 422), ('{"items":[{"path":5,"value":1}]}', 422),
                             ('{"items":[{"path":"/a","value":1}],"timeout":-1}', 422),
                             ('{"items":[{"path":"/a","value":1}],"wrong":1}', 422), ("[" * 100_000, 400)):
            answer = self.client.request("PUT", "/api/values", body, headers={"Content-Type": "application/json"})
            self.assertEqual(answer.status, status, (body[:60], answer))
            self.assertTrue(answer.json()["detail"])


class RefusedProjects(OnTheDemo):
    """Faults in a project, told over the API with place and remedy; nothing of it is applied."""

    def import_project(self, text, expected):
        return self.client.ask("POST", "/api/project/import", text, expected,
                               headers={"Content-Type": "application/yaml"})

    def fault(self, text):
        before = self.client.get("/api/status")["revision"]
        answer = self.import_project(text, 422)
        self.assertEqual(self.client.get("/api/status")["revision"], before, "something was applied")
        self.assertTrue(answer["detail"])
        return answer["errors"][0]

    def test_each_kind_of_fault_has_its_place_and_a_remedy(self):
        for text, line, column, words in (
                ("tags:\n  A: {type: float}\n  A: {type: int}\n", 3, 3, ["A", "twice"]),
                ("tags:\n  A: {type: float}\n  /A: {type: int}\n", 3, None, ["/A", "twice", "2:3"]),
                ("tags:\n  A: {type: float, rnage: [0, 1]}\n", 2, None, ["rnage", "range"]),
                ("tags:\n  A: {type: floot}\n", 2, 7, ["floot", "float"]),
                ("tags:\n  A:\n    type: float\n    range: [5, 1]\n", 4, None, ["range", "5", "1"]),
                ("tags:\n  A: {type: float, source: {connector: plc9, address: \"HR:0\"}}\n", 2, None, ["plc9", "plc1"]),
                ("tags:\n  A: {type: int, source: {connector: plc1, address: \"XY:0\"}}\n", 2, None, ["XY:0"]),
                ("connectors:\n  x: {type: modbus, port: 502}\n", 2, None, ["host"]),
                ("connectors:\n  x: {type: modbus, host: a, port: 99999}\n", 2, None, ["port", "65535"]),
                ("tags:\n  - A\n", 1, None, ["tags", "mapping"]),
                ("tags: {A: {type: float\n", None, None, []),
                ("plant: {}\n", 1, None, ["plant"])):
            with self.subTest(text=text):
                fault = self.fault(text)
                if line:
                    self.assertEqual(fault["line"], line, fault)
                if column:
                    self.assertEqual(fault["column"], column, fault)
                self.assertGreater(fault["column"], 0)
                for word in words:
                    self.assertIn(word, fault["message"])

    def test_a_body_that_is_no_yaml_or_too_large_is_refused(self):
        for body, statuses in ((b"\xff\xfe\x00", (422,)), (b"\0" * 100, (422,)), (b"a: &x [*x, *x]", (422,)),
                               (b"x" * (10 << 20), (413, 422))):
            answer = self.client.request("POST", "/api/project/import", body, headers={"Content-Type": "application/yaml"})
            self.assertIn(answer.status, statuses, answer)

    def test_a_project_that_is_taken_leaves_the_others_tags_alone(self):
        before = self.client.value(HEARTBEAT)
        answer = self.import_project("tags:\n  Note: {type: string, write: operator}\n", 200)
        self.assertTrue(answer["applied"])
        self.assertTrue(self.client.write("/Note", "hello")["ok"])
        self.assertEqual(self.client.value("/Note")["value"], "hello")
        self.assertGreaterEqual(self.client.value(HEARTBEAT)["value"], before["value"])
        self.assertEqual(self.client.connectors()["plc1"]["restarts"], 0)


class RefusedCallers(OnTheDemo):
    def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(self):
        answers = [harness.Client(self.demo.url).request(
            "POST", "/login", {"username": name, "password": password})
            for name, password in ((self.demo.user, "wrong"), ("nobody", "wrong"))]
        self.assertEqual([answer.status for answer in answers], [401, 401])
        self.assertEqual(answers[0].json(), answers[1].json())

    def test_guessing_is_slowed_down(self):
        self.add_user("victim", "viewer")
        statuses = set()
        for _ in range(30):
            answer = harness.Client(self.demo.url).request("POST", "/login", {"username": "victim", "password": "guess"})
            statuses.add(answer.status)
            if answer.status == 429:
                self.assertGreater(int(answer.headers["Retry-After"]), 0)
                break
        self.assertEqual(statuses, {401, 429})
        self.assertEqual(self.client.get("/healthz")["status"], "ok")

    def test_garbled_forged_and_expired_tokens_are_refused(self):
        header, claims, signature = self.client.token.split(".")

        def encoded(value):
            return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
        decoded = json.loads(base64.urlsafe_b64decode(claims + "=="))
        forged = encoded({**decoded, "exp": decoded["exp"] + 10_000})
        expired = encoded({**decoded, "exp": int(time.time()) - 10})
        for token in ("x", "a.b.c", ".".join([header, claims, signature[:-2] + "AA"]), f"{header}.{claims}.",
                      f"{header}.{forged}.{signature}", f"{header}.{expired}.{signature}",
                      encoded({"alg": "none", "typ": "JWT"}) + f".{claims}.", "é" * 10, "A" * 9000):
            with self.subTest(token=token[:40]):
                answer = harness.Client(self.demo.url).request(
                    "GET", "/api/values", headers={"Authorization": f"Bearer {token}".encode()})
                self.assertIn(answer.status, (401, 431))
                if answer.status == 401:
                    self.assertEqual(answer.headers["WWW-Authenticate"].split()[0], "Bearer")
        for token in ("x", None):
            with self.assertRaises(harness.Failed):
                Socket(self.demo.url, token)

    def test_a_refresh_token_is_good_once(self):
        tokens = harness.Client(self.demo.url).post("/login", {"username": self.demo.user, "password": self.demo.password})
        body = {"refresh_token": tokens["refresh_token"]}
        self.assertTrue(harness.Client(self.demo.url).post("/login/refresh", body)["access_token"])
        self.assertEqual(harness.Client(self.demo.url).request("POST", "/login/refresh", body).status, 401)

    def test_ten_megabytes_are_too_much(self):
        body = b'{"items":[' + b" " * (10 << 20) + b"]}"
        for path, method in (("/api/values", "PUT"), ("/login", "POST")):
            try:
                answer = self.client.request(method, path, body, headers={"Content-Type": "application/json"}, seconds=20)
            except OSError:
                continue  # it closed the connection while the body was still on its way
            self.assertEqual(answer.status, 413, answer)

    def test_no_path_leads_out_of_the_page_files(self):
        for path in ("/../../etc/passwd", "/assets/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
                     "/..%2f..%2fetc%2fpasswd", "//etc/passwd", "/docs/../../../etc/passwd", "/%00", "/assets/%5c..%5c..",
                     "/file:///etc/passwd"):
            answer = self.client.request("GET", path)
            self.assertNotIn(b"root:", answer.body, path)
            self.assertIn(answer.status, (400, 404, 200), path)

    def test_wrong_methods_and_unknown_routes_say_so(self):
        self.assertEqual(self.client.request("DELETE", "/api/values").status, 405)
        self.assertEqual(self.client.request("GET", "/api/nothing").status, 404)
        unknown = self.client.request("GET", "/api/values?path=/No/Such")
        self.assertEqual(unknown.status, 404)
        self.assertIn("/No/Such", unknown.json()["detail"])


if __name__ == "__main__":
    unittest.main()
