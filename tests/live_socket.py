"""A client of the WebSocket at /ws."""

import asyncio
import contextlib
import json
import queue
import threading
import time

from waiting import Failed


class Socket:
    """A WebSocket to /ws whose messages are collected in the background, also while the test does something else.

    Closing from the other side ends it; `close_code` then says how.
    """

    def __init__(self, url, token, seconds=10, trust=None):
        self._url = url.replace("http", "ws", 1) + "/ws"
        self._token = token
        self._trust = trust
        self._messages = queue.Queue()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._connection = None
        self._error = None
        self.close_code = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        if not self._ready.wait(seconds):
            raise Failed(f"no WebSocket at {self._url} within {seconds:g} s")
        if self._error:
            raise Failed(f"{self._url} refused the WebSocket: {self._error}")

    def _run(self):
        try:
            self._loop.run_until_complete(self._listen())
            # Whoever closes waits for tasks that end together with the listening, not inside it.
            left = asyncio.all_tasks(self._loop)
            if left:
                self._loop.run_until_complete(asyncio.wait(left, timeout=5))
        finally:
            self._loop.close()

    async def _listen(self):
        import websockets  # only tests that use it need it
        try:
            protocols = ["tagwerk"] + ([f"bearer.{self._token}"] if self._token else [])
            self._connection = await websockets.connect(self._url, subprotocols=protocols, max_size=None,
                                                        compression=None, ssl=self._trust)
        except (OSError, websockets.WebSocketException) as error:
            self._error = error
            self._ready.set()
            return
        self._ready.set()
        try:
            async for text in self._connection:
                self._messages.put(json.loads(text))
        except websockets.ConnectionClosed:
            pass
        self.close_code = self._connection.close_code

    def send(self, message):
        text = message if isinstance(message, (str, bytes)) else json.dumps(message)
        asyncio.run_coroutine_threadsafe(self._connection.send(text), self._loop).result(10)

    def subscribe(self, identifier, *paths, **options):
        self.send({"op": "subscribe", "id": identifier, "paths": list(paths), **options})

    def receive(self, seconds=10):
        """The next message in order."""
        try:
            return self._messages.get(timeout=seconds)
        except queue.Empty:
            raise Failed(f"no message on the WebSocket within {seconds:g} s") from None

    def receive_op(self, op, seconds=10):
        """The next message with this `op`; others before it are passed over."""
        deadline = time.monotonic() + seconds
        while True:
            message = self.receive(max(0.001, deadline - time.monotonic()))
            if message.get("op") == op:
                return message

    def collected(self):
        """Everything that arrived and was not received yet."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._messages.get_nowait())
        return found

    @property
    def is_open(self):
        return self._thread.is_alive()

    def close(self):
        closing = self._connection.close()
        try:
            asyncio.run_coroutine_threadsafe(closing, self._loop).result(5)
        except RuntimeError:  # the other side has ended it, and the loop with it
            closing.close()
        self._thread.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()
