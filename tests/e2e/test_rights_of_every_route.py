"""Every route of /openapi.json × every kind of caller: each can do what it should and nothing else.

The rows say who may; the callers say what they have; what must come out follows from the two. A route without a row, or
a row without its route, fails. A new route needs one line here: method, path, who may, and what to ask for.
"""

import base64
import dataclasses
import datetime
import itertools
import unittest

import harness
from live_socket import Socket

PROJECT = """\
connectors:
  plc1: {type: modbus, host: 127.0.0.1, port: 9, period: 1s}
objects:
  Plant/A/Spare: {description: "is locked and unlocked"}
tags:
  Plant/A/Level: {type: float, unit: m, write: operator}
  Plant/B/Level: {type: float, unit: m, write: operator}
  Plant/B/Raw: {type: float, source: {connector: plc1, address: "HR:0"}}
"""
VIEWER = {"read"}
OPERATOR = VIEWER | {"write", "ack", "queue"}
ENGINEER = OPERATOR | {"history.write", "configure", "control", "audit", "route"}
ADMIN = ENGINEER | {"users", "backup", "redis"}
FITTER = {"read", "control"}
PASSWORD = "a long sentence"


# --- who asks ----------------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Caller:
    name: str
    headers: dict
    grants: list  # of (rights, subtree)
    token: str = ""  # for the WebSocket

    @property
    def is_known(self):
        return bool(self.grants)

    def has(self, right, at="/"):
        return any(right in rights and (subtree == "/" or (at + "/").startswith(subtree + "/"))
                   for rights, subtree in self.grants)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def basic(name, secret):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


# --- who may: Caller -> status -----------------------------------------------------------------------------------

def anybody(status):
    return lambda caller: status


def known(status):
    return lambda caller: status if caller.is_known else 401


def needs(right, status, at="/", otherwise=403):
    """The right, there; who may not even see the place gets 404."""
    def expected(caller):
        if not caller.is_known:
            return 401
        if caller.has(right, at):
            return status
        return otherwise if at == "/" or caller.has("read", at) else 404
    return expected


# --- the table ---------------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Row:
    method: str
    path: str
    expected: object
    ask: object = None      # World -> path, or (path, body); by default the path as it is
    headers: dict = dataclasses.field(default_factory=dict)
    content: object = None  # (caller, answer) -> what must be true of an answer


def sees_only_his_part(caller, answer):
    """Everything of /Plant/A; of /Plant/B only who may read it."""
    text = answer.body.decode()
    return "/Plant/A/Level" in text and ("/Plant/B/Level" in text) == caller.has("read", "/Plant/B")


def write_is(part):
    """A write answers 200 or 207 and says for each tag what became of it."""
    def content(caller, answer):
        item = answer.json()["items"][0]
        if caller.has("write", part):
            return item["ok"]
        return item["status"] == ("BadUserAccessDenied" if caller.has("read", part) else "BadNotFound")
    return content


def write_to(part):
    return lambda world: ("/api/values", {"items": [{"path": f"{part}/Level", "value": next(world.numbers)}]})


ROWS = [
    # server
    Row("GET", "/healthz", anybody(200)),
    Row("GET", "/readyz", anybody(200)),
    Row("GET", "/openapi.json", anybody(200)),
    Row("GET", "/metrics", anybody(200)),
    Row("GET", "/metrics", known(200), headers={"X-Forwarded-For": "10.0.0.1"}),
    Row("GET", "/api/status", known(200)),
    Row("GET", "/api/backup", needs("backup", 200)),
    # session
    Row("POST", "/login", anybody(200), lambda w: ("/login", {"username": "viewer", "password": PASSWORD})),
    Row("POST", "/login/refresh", anybody(200), lambda w: ("/login/refresh", w.refresh_token())),
    Row("POST", "/logout", anybody(204), lambda w: ("/logout", w.refresh_token())),
    Row("GET", "/api/setup", anybody(200)),
    Row("POST", "/api/setup", anybody(409), lambda w: ("/api/setup", {"token": "x", "name": "x", "password": PASSWORD})),
    # users
    Row("GET", "/api/user", known(200), content=lambda caller, answer: answer.json()["username"] == caller.name),
    Row("GET", "/api/users", needs("users", 200)),
    Row("POST", "/api/users", needs("users", 201), lambda w: ("/api/users", w.user())),
    Row("PUT", "/api/users/{id}", needs("users", 200), lambda w: (w.made_user(), {"email": "a@example.org"})),
    Row("DELETE", "/api/users/{id}", needs("users", 204), lambda w: w.made_user()),
    Row("POST", "/api/users/{id}/password", needs("users", 204),
        lambda w: (w.made_user() + "/password", {"password": PASSWORD})),
    Row("DELETE", "/api/users/{id}/sessions", needs("users", 204), lambda w: w.made_user() + "/sessions"),
    Row("GET", "/api/roles", known(200)),
    Row("POST", "/api/roles", needs("users", 201), lambda w: ("/api/roles", w.role())),
    Row("PUT", "/api/roles/{name}", needs("users", 200), lambda w: (w.made_role(), {"rights": ["ack"]})),
    Row("DELETE", "/api/roles/{name}", needs("users", 204), lambda w: w.made_role()),
    # keys
    Row("GET", "/api/keys", needs("users", 200)),
    Row("POST", "/api/keys", needs("users", 201), lambda w: ("/api/keys", w.key())),
    Row("DELETE", "/api/keys/{id}", needs("users", 204), lambda w: w.made_key()),
    Row("POST", "/api/secret/rotate", needs("users", 204), lambda w: w.before_rotation()),
    # values
    Row("GET", "/api/values", known(200), content=sees_only_his_part),
    Row("GET", "/api/values", needs("read", 200, at="/Plant/B"), lambda w: "/api/values?path=/Plant/B/Level"),
    Row("PUT", "/api/values", lambda c: 401 if not c.is_known else 200 if c.has("write", "/Plant/A") else 207,
        write_to("/Plant/A"), content=write_is("/Plant/A")),
    Row("PUT", "/api/values", lambda c: 401 if not c.is_known else 200 if c.has("write", "/Plant/B") else 207,
        write_to("/Plant/B"), content=write_is("/Plant/B")),
    Row("GET", "/ws", anybody(426)),  # see test_the_web_socket
    # plant
    Row("GET", "/api/tree", known(200), lambda w: "/api/tree?depth=9", content=sees_only_his_part),
    Row("GET", "/api/tree", needs("read", 200, at="/Plant/B"), lambda w: "/api/tree?path=/Plant/B"),
    Row("GET", "/api/objects", known(200)),
    Row("GET", "/api/objects", needs("read", 200, at="/Plant/B"), lambda w: "/api/objects?path=/Plant/B"),
    Row("GET", "/api/tags", known(200), content=sees_only_his_part),
    Row("GET", "/api/tags/{id}", known(200), lambda w: w.tag("/Plant/A/Level")),
    Row("GET", "/api/tags/{id}", needs("read", 200, at="/Plant/B"), lambda w: w.tag("/Plant/B/Level")),
    Row("GET", "/api/tags/{id}/why", needs("read", 200, at="/Plant/B"), lambda w: w.tag("/Plant/B/Level") + "/why"),
    Row("POST", "/api/tags", needs("configure", 201, at="/Plant/A"), lambda w: ("/api/tags", w.new_tag("/Plant/A"))),
    Row("POST", "/api/tags", lambda c: 401 if not c.is_known else 201 if c.has("configure", "/Plant/B") else 403,
        lambda w: ("/api/tags", w.new_tag("/Plant/B"))),
    Row("PUT", "/api/tags/{id}", needs("configure", 200, at="/Plant/A"),
        lambda w: (w.made_tag("/Plant/A"), {"type": "float", "unit": "bar"})),
    Row("DELETE", "/api/tags/{id}", needs("configure", 204, at="/Plant/A"), lambda w: w.made_tag("/Plant/A")),
    Row("POST", "/api/objects", needs("configure", 201, at="/Plant/A"), lambda w: ("/api/objects", w.new_object("/Plant/A"))),
    Row("PUT", "/api/objects", needs("configure", 200, at="/Plant/A"),
        lambda w: (w.made_object("/Plant/A"), {"description": "as it is now"})),
    Row("DELETE", "/api/objects", needs("configure", 204, at="/Plant/A"), lambda w: w.made_object("/Plant/A")),
    Row("POST", "/api/objects/copy", needs("configure", 201, at="/Plant/A"),
        lambda w: ("/api/objects/copy", {"from": w.made_object("/Plant/A").split("=")[1], "to": "/Plant/A/" + w.unique()})),
    Row("GET", "/api/types", known(200)),
    Row("POST", "/api/types", needs("configure", 201), lambda w: ("/api/types", w.new_type())),
    Row("GET", "/api/types/{name}", lambda c: 401 if not c.is_known else 200 if c.has("read") else 404, lambda w: w.made_type()),
    Row("PUT", "/api/types/{name}", needs("configure", 200), lambda w: (w.made_type(), {"tags": {"X": {"type": "int"}}})),
    Row("DELETE", "/api/types/{name}", needs("configure", 204), lambda w: w.made_type()),
    # locks
    Row("GET", "/api/locks", known(200)),
    Row("POST", "/api/locks", needs("control", 201, at="/Plant/A"), lambda w: ("/api/locks", w.lock("/Plant/A/Spare"))),
    Row("POST", "/api/locks", needs("control", 201, at="/Plant/B"), lambda w: ("/api/locks", w.lock("/Plant/B/Raw"))),
    Row("DELETE", "/api/locks/{id}", needs("configure", 204, at="/Plant/A"), lambda w: w.made_lock("/Plant/A/Spare")),
    Row("DELETE", "/api/locks/{id}", needs("configure", 204, at="/Plant/B"), lambda w: w.made_lock("/Plant/B/Raw")),
    # project
    Row("POST", "/api/project/import", needs("configure", 200), lambda w: ("/api/project/import?dry_run=true", "tags: {}\n"),
        headers={"Content-Type": "application/yaml"}),
    Row("GET", "/api/project/export", needs("configure", 200)),
    Row("GET", "/api/project/revisions", needs("configure", 200)),
    Row("GET", "/api/project/revisions/{n}", needs("configure", 200), lambda w: "/api/project/revisions/1"),
    Row("POST", "/api/project/revisions/{n}/restore", needs("configure", 200),
        lambda w: "/api/project/revisions/1/restore?dry_run=true"),
    Row("POST", "/api/project/edit", needs("configure", 200, at="/Plant/A"),
        lambda w: ("/api/project/edit?dry_run=true", {"set": {"tags": {"/Plant/A/Level": {"type": "float", "unit": "mm"}}}})),
    # connectors: plc1 is behind a tag in /Plant/B
    Row("GET", "/api/connectors", known(200),
        content=lambda caller, answer: (b"plc1" in answer.body) == caller.has("read", "/Plant/B")),
    Row("GET", "/api/connectors/{name}", needs("read", 200, at="/Plant/B"), lambda w: "/api/connectors/plc1"),
    Row("GET", "/api/connectors/{name}/log", needs("read", 200, at="/Plant/B"), lambda w: "/api/connectors/plc1/log"),
    Row("POST", "/api/connectors/{name}/start", needs("control", 202), lambda w: "/api/connectors/plc1/start"),
    Row("POST", "/api/connectors/{name}/stop", needs("control", 202), lambda w: "/api/connectors/plc1/stop"),
    Row("POST", "/api/connectors/{name}/restart", needs("control", 202), lambda w: "/api/connectors/plc1/restart"),
    Row("POST", "/api/connectors", needs("configure", 201), lambda w: ("/api/connectors", w.new_connector())),
    Row("PUT", "/api/connectors/{name}", needs("configure", 200),
        lambda w: (w.made_connector(), {"type": "modbus", "host": "127.0.0.1", "port": 9, "enabled": False})),
    Row("DELETE", "/api/connectors/{name}", needs("configure", 204), lambda w: w.made_connector()),
    Row("GET", "/api/connectors/{name}/trace", needs("control", 200), lambda w: "/api/connectors/plc1/trace"),
    Row("POST", "/api/connectors/{name}/test", needs("configure", 200),
        lambda w: ("/api/connectors/new/test", {"settings": {"type": "modbus", "host": "127.0.0.1", "port": 9, "timeout": "100ms"},
                                                "address": "HR:0", "count": 1})),
    # audit
    Row("GET", "/api/audit", needs("audit", 200)),
]


class World:
    """A plant, the callers, and fresh things for them to try their hands on."""

    def __init__(self, server):
        self.url = server.url
        self.admin = server.client
        self.administrator = (server.user, server.password)
        self.numbers = itertools.count(1)
        self.people = []

    def unique(self):
        return f"thing{next(self.numbers)}"

    def user(self, **more):
        return {"username": self.unique(), "password": PASSWORD, "role": "viewer", **more}

    def made_user(self):
        return f"/api/users/{self.admin.post('/api/users', self.user(), expected=201)['id']}"

    def role(self):
        return {"name": self.unique(), "rights": ["read"]}

    def made_role(self):
        return f"/api/roles/{self.admin.post('/api/roles', self.role(), expected=201)['name']}"

    def key(self, **more):
        return {"name": self.unique(), "grants": [{"role": "operator", "subtree": "/Plant/A"}], **more}

    def made_key(self):
        return f"/api/keys/{self.admin.post('/api/keys', self.key(), expected=201)['id']}"

    def lock(self, path):
        return {"path": path, "reason": "to see who may"}

    def made_lock(self, path):
        return f"/api/locks/{self.admin.post('/api/locks', self.lock(path), expected=201)['id']}"

    def tag(self, path):
        return f"/api/tags/{self.admin.get('/api/tags?path=' + path)['items'][0]['id']}"

    def new_tag(self, place):
        return {"path": f"{place}/{self.unique()}", "type": "float"}

    def made_tag(self, place):
        return f"/api/tags/{self.admin.post('/api/tags', self.new_tag(place), expected=201)['id']}"

    def new_object(self, place):
        return {"path": f"{place}/{self.unique()}", "description": "made to see who may"}

    def made_object(self, place):
        made = self.new_object(place)
        self.admin.post("/api/objects", made, expected=201)
        return "/api/objects?path=" + made["path"]

    def new_type(self):
        return {"name": self.unique(), "tags": {"X": {"type": "float"}}}

    def made_type(self):
        made = self.new_type()
        self.admin.post("/api/types", made, expected=201)
        return "/api/types/" + made["name"]

    def new_connector(self):
        return {"name": self.unique(), "type": "modbus", "host": "127.0.0.1", "port": 9, "enabled": False}

    def made_connector(self):
        made = self.new_connector()
        self.admin.post("/api/connectors", made, expected=201)
        return "/api/connectors/" + made["name"]

    def refresh_token(self):
        answer = self.admin.post("/login", {"username": "viewer", "password": PASSWORD})
        return {"refresh_token": answer["refresh_token"]}

    # callers

    def callers(self):
        self.admin.post("/api/roles", {"name": "fitter", "rights": sorted(FITTER)}, expected=201)
        yield Caller("nobody", {}, [])
        for name, rights in (("viewer", VIEWER), ("operator", OPERATOR), ("engineer", ENGINEER), ("admin", ADMIN)):
            yield self.person(name, [(rights, "/")], role=name)
        yield self.person("Fitter A", [(FITTER, "/Plant/A")], grants=[{"role": "fitter", "subtree": "/Plant/A"}])
        scoped = self.admin.post("/api/keys", self.key(name="service"), expected=201)["key"]
        for headers in (bearer(scoped), {"X-API-Key": scoped}, basic("service", scoped)):
            yield Caller("service", headers, [(OPERATOR, "/Plant/A")], scoped)
        wide = self.admin.post("/api/keys", {"name": "wide", "grants": [{"role": "admin"}]}, expected=201)["key"]
        yield Caller("wide", bearer(wide), [(ADMIN, "/")], wide)
        yield from self.useless()

    def person(self, name, having, **grants):
        self.admin.post("/api/users", {"username": name, "password": PASSWORD, **grants}, expected=201)
        self.people.append(Caller(name, {}, having))
        self.log_in(self.people[-1])
        return self.people[-1]

    def log_in(self, caller):
        caller.token = harness.Client(self.url).login(caller.name, PASSWORD).token
        caller.headers = bearer(caller.token)

    def before_rotation(self):
        """Tokens outlive one rotation of the secret, not two: everybody gets a new one."""
        self.admin.login(*self.administrator)
        for caller in self.people:
            self.log_in(caller)
        return "/api/secret/rotate"

    def useless(self):
        """What must be as good as nothing."""
        revoked = self.admin.post("/api/keys", {"name": "revoked", "grants": [{"role": "admin"}]}, expected=201)
        self.admin.ask("DELETE", f"/api/keys/{revoked['id']}", expected=204)
        yield Caller("revoked key", bearer(revoked["key"]), [], revoked["key"])
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=3)
        expired = self.admin.post("/api/keys", {"name": "expired", "grants": [{"role": "admin"}],
                                                "expires": soon.isoformat()}, expected=201)["key"]
        harness.wait_until(lambda: harness.Client(self.url, expired).request("GET", "/api/user").status == 401, 20,
                           "the key to expire")
        yield Caller("expired key", {"X-API-Key": expired}, [], expired)
        yield Caller("made-up key", bearer("twk_" + "A" * 43), [], "twk_" + "A" * 43)
        yield Caller("made-up token", bearer("eyJhbGciOiJub25lIn0.e30."), [], "eyJhbGciOiJub25lIn0.e30.")
        yield Caller("a person's password", basic("admin", PASSWORD), [])

    def ask(self, caller, row, method=None):
        wanted = row.ask(self) if row.ask else row.path
        path, body = wanted if isinstance(wanted, tuple) else (wanted, None)
        return harness.Client(self.url).request(method or row.method, path, body, headers={**row.headers, **caller.headers})


class RightsOfEveryRoute(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = harness.Plant(PROJECT)
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.world = World(cls.server)
        cls.callers = list(cls.world.callers())

    def setUp(self):
        self.addCleanup(self.unlock)

    def unlock(self):
        for lock in self.world.admin.get("/api/locks")["items"]:
            self.world.admin.ask("DELETE", f"/api/locks/{lock['id']}", expected=204)

    def test_every_route_has_a_row_and_every_row_a_route(self):
        paths = self.world.admin.get("/openapi.json")["paths"]
        routes = {(method.upper(), path) for path, methods in paths.items() for method in methods if method != "parameters"}
        self.assertEqual(routes, {(row.method, row.path) for row in ROWS})

    def test_every_caller_can_do_what_he_should_and_nothing_else(self):
        for row in ROWS:
            for caller in self.callers:
                with self.subTest(f"{row.method} {row.path} by {caller.name}"):
                    answer = self.world.ask(caller, row)
                    expected = row.expected(caller)
                    self.assertEqual(answer.status, expected, answer)
                    if expected in (401, 403, 404, 422):
                        self.assertTrue(answer.json()["detail"])
                    if row.content and expected < 300:
                        self.assertTrue(row.content(caller, answer), answer)

    def test_asking_for_the_head_alone_needs_the_same(self):
        for row in ROWS:
            if row.method != "GET":
                continue
            for caller in self.callers:
                with self.subTest(f"HEAD {row.path} by {caller.name}"):
                    self.assertEqual(self.world.ask(caller, row, "HEAD").status, row.expected(caller))

    def test_the_web_socket(self):
        for caller in self.callers:
            with self.subTest(caller.name):
                if not caller.is_known:
                    with self.assertRaises(harness.Failed):
                        Socket(self.world.url, caller.token)
                    continue
                with Socket(self.world.url, caller.token) as socket:
                    socket.subscribe(1, "/Plant/*/Level")
                    seen = {item["path"] for item in socket.receive_op("snapshot")["items"]}
                    self.assertEqual(seen, {f"/Plant/{part}/Level" for part in "AB" if caller.has("read", f"/Plant/{part}")})
                    for part in ("/Plant/A", "/Plant/B"):
                        socket.send({"op": "write", "id": 2, "items": [{"path": f"{part}/Level", "value": 1}]})
                        self.assertEqual(socket.receive_op("written")["items"][0]["ok"], caller.has("write", part))

    def test_nobody_writes_below_a_lock(self):
        self.world.admin.post("/api/locks", self.world.lock("/Plant"), expected=201)
        for caller in self.callers:
            if not caller.is_known:
                continue
            for part in ("/Plant/A", "/Plant/B"):
                with self.subTest(f"{part} by {caller.name}"):
                    path, body = write_to(part)(self.world)
                    item = harness.Client(self.world.url).request("PUT", path, body, headers=caller.headers).json()["items"][0]
                    self.assertFalse(item["ok"])
                    if caller.has("write", part):
                        self.assertEqual(item["status"], "BadNotWritable")
                        self.assertIn(f"locked by {self.server.user}: to see who may, until", item["detail"])

    def test_what_keys_write_is_in_the_audit_under_their_name(self):
        key = next(caller for caller in self.callers if caller.name == "service")
        harness.Client(self.world.url, key.token).write("/Plant/A/Level", 7)
        entry = self.world.admin.get("/api/audit?user=service&action=write&limit=1")["items"][0]
        self.assertEqual((entry["user"], entry["target"], entry["new"]), ("service", "/Plant/A/Level", "7"))


if __name__ == "__main__":
    unittest.main()
