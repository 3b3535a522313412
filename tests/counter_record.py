"""An independent client that writes down every value of some tags and comes back at once when the server is gone."""

import asyncio
import contextlib
import json
import threading
import time

import websockets

from http_client import Client
from waiting import Failed, wait_until

RETRY_SECONDS = 0.03


class CounterRecord:
    """Subscribes to `paths` without a rate limit in a thread of its own, from start() to stop().

    `entries` holds (path, time, value) of everything that came, snapshots and repetitions included.
    """

    def __init__(self, url, user, password, paths):
        self.entries = []
        self.coalesced = 0
        self.sessions = 0
        self.subscribed_at = []  # seconds since 1970, one per session
        self._url = url
        self._paths = list(paths)
        # A key outlives a server that dies at any moment; a refresh token is used up when that was before the answer.
        self._key = Client(url).login(user, password).post(
            "/api/keys", {"name": f"record {time.time_ns()}", "grants": [{"role": "viewer"}]}, expected=201)["key"]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._error = None

    def start(self):
        self._thread.start()
        wait_until(lambda: self.sessions > 0, 10, "the first subscription of the record")
        return self

    def stop(self):
        self._stopping.set()
        self._thread.join(5)
        if self._error:
            raise self._error

    def last(self, path):
        """The value that came last, None before the first."""
        return next((value for name, _, value in reversed(self.entries) if name == path), None)

    async def _run(self):
        try:
            while not self._stopping.is_set():
                with contextlib.suppress(OSError, asyncio.TimeoutError, websockets.WebSocketException, Failed):
                    await self._session()
                await asyncio.sleep(RETRY_SECONDS)
        except Exception as error:  # pylint: disable=broad-except  # shown by stop() to the test
            self._error = error

    async def _session(self):
        protocols = ["tagwerk", f"bearer.{self._key}"]
        async with websockets.connect(self._url.replace("http", "ws", 1) + "/ws", subprotocols=protocols,
                                      compression=None, max_size=None, open_timeout=2, close_timeout=0.2) as socket:
            await socket.send(json.dumps({"op": "subscribe", "id": 1, "paths": self._paths}))
            while not self._stopping.is_set():
                with contextlib.suppress(asyncio.TimeoutError):
                    self._take(json.loads(await asyncio.wait_for(socket.recv(), 0.2)))

    def _take(self, message):
        if message["op"] == "snapshot":
            self.sessions += 1
            self.subscribed_at.append(time.time())
        elif message["op"] != "changes":
            raise AssertionError(f"the server sent {message}")
        self.coalesced += message.get("coalesced", 0)
        self.entries += [(item["path"], item["time"], item["value"]) for item in message["items"]
                         if item["value"] is not None]


def faults_of(entries, path):
    """What is wrong with the record of a counter that grows by one with each poll; [] when nothing is."""
    by_time, faults = {}, []
    for name, when, value in entries:
        if name != path:
            continue
        if by_time.setdefault(when, value) != value:
            faults.append(f"{path} was {by_time[when]} and {value} at {when}")
    values = [by_time[when] for when in sorted(by_time)]
    for before, after in zip(values, values[1:]):
        if after != before + 1:
            faults.append(f"{path}: {after} came after {before}")
    if len(values) < 2:
        faults.append(f"{path}: only {len(values)} polls came")
    return faults
