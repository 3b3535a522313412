"""A caller of the HTTP API, as any program would be."""

import datetime
import json
import urllib.error
import urllib.parse
import urllib.request

from live_socket import Socket
from waiting import Failed, wait_until


def nanoseconds(text):
    """Nanoseconds since 1970 of an RFC 3339 time as the API gives it: 2026-11-20T23:19:33.620306Z."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    moment = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc)
    return int(moment.timestamp()) * 1_000_000_000 + int(fraction.ljust(9, "0"))


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


class Client:
    """One caller of the HTTP API."""

    def __init__(self, url, token=None, trust=None):
        self.url = url
        self.token = token
        self.trust = trust  # what certificates.trusting() gives, for https

    def request(self, method, path, body=None, headers=None, seconds=10):
        """Any request; every status is an answer, only a broken connection raises (OSError)."""
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        if self.token and "Authorization" not in headers:
            headers["Authorization"] = f"Bearer {self.token}"
        data = body.encode() if isinstance(body, str) else body
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=seconds, context=self.trust) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def ask(self, method, path, body=None, expected=200, **options):
        """A request whose status must be `expected`; returns the decoded JSON."""
        answer = self.request(method, path, body, **options)
        if answer.status != expected:
            raise Failed(f"{method} {path} answered {answer!r} instead of {expected}")
        return answer.json() if answer.body else None

    def get(self, path, **options):
        return self.ask("GET", path, **options)

    def put(self, path, body, **options):
        return self.ask("PUT", path, body, **options)

    def post(self, path, body=None, **options):
        return self.ask("POST", path, body, **options)

    def login(self, user, password):
        form = urllib.parse.urlencode({"username": user, "password": password})
        self.token = self.ask("POST", "/login", form, headers={
            "Content-Type": "application/x-www-form-urlencoded"})["access_token"]
        return self

    def values(self, *paths):
        """Path -> item of GET /api/values; without paths the whole plant."""
        found, cursor = {}, None
        while True:
            query = [("path", path) for path in paths or ("/**",)] + ([("cursor", cursor)] if cursor else [])
            answer = self.get("/api/values?" + urllib.parse.urlencode(query))
            found.update((item["path"], item) for item in answer["items"])
            cursor = answer.get("cursor")
            if not cursor:
                return found

    def value(self, path):
        return self.values(path)[path]

    def wait_for_good(self, count, seconds=10):
        """Waits until at least `count` tags have quality Good; returns them."""
        def good():
            found = {path: item for path, item in self.values().items() if item["quality"] == 0}
            if len(found) < count:
                raise Failed(f"{len(found)} Good values")
            return found
        return wait_until(good, seconds, f"{count} Good values")

    def wait_for_value(self, path, condition, seconds=10, what="a value that fits"):
        """Waits until condition(item) holds for the tag; returns the item."""
        def fits():
            item = self.value(path)
            if not condition(item):
                raise Failed(str(item))
            return item
        return wait_until(fits, seconds, f"{what} of {path}")

    def write(self, path, value, timeout=5):
        """Writes one tag; returns its item of the answer, ok or not."""
        answer = self.request("PUT", "/api/values", {"items": [{"path": path, "value": value}], "timeout": timeout},
                              seconds=timeout + 10)
        if answer.status not in (200, 207):
            raise Failed(f"writing {path} answered {answer!r}")
        return answer.json()["items"][0]

    def connectors(self):
        """Name -> state of each connector."""
        return {item["name"]: item for item in self.get("/api/connectors")["items"]}

    def socket(self):
        return Socket(self.url, self.token, trust=self.trust)
