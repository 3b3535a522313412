"""A TCP proxy in front of a device that does to its peers what broken devices and networks do."""

import asyncio
import contextlib
import os
import socket
import threading

from waiting import Failed

BACKLOG_FILLERS = 4


class FaultProxy:
    """Listens on a free port of the loopback and passes everything on to `target`, until fail(NAME), until heal().

    refuse          connections are closed, new ones refused
    mute            connections are taken, what comes is swallowed, nothing is answered
    half-open       as if packets were dropped: nothing more arrives on either side, new connections get no answer at all
    late            answers come `late_seconds` after their time
    garbage         random bytes instead of the answers
    close mid-frame the first bytes of an answer, then the end of the connection
    restart         all connections are reset; new ones are refused until heal()
    slow            answers come byte by byte, `late_seconds` for each
    trickle         answers come in two parts shortly after each other, which breaks nothing
    bad address     what `refusing` answers itself does not reach the device: (requests passed on, answers) of some requests
    """

    MODES = ("refuse", "mute", "half-open", "late", "garbage", "close mid-frame", "restart", "slow", "trickle", "bad address")
    host = "127.0.0.1"

    def __init__(self, target, late_seconds=1.0):
        self.port = None
        self._target = target
        self._late = late_seconds
        self._mode = "pass"
        self._refusing = None
        self._connections = set()
        self._fillers = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._listener = None
        self._accepting = None

    def start(self):
        self._thread.start()
        self._call(self._listen(0))
        return self

    def stop(self):
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def fail(self, mode, refusing=None):
        if mode not in self.MODES:
            raise Failed(f"the proxy knows no fault '{mode}'")
        self._refusing = refusing
        self._call(self._fail(mode))

    def heal(self):
        self._call(self._heal())

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        self.stop()

    # --- on the proxy's own loop ------------------------------------------------------------------------------------

    def _call(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self, port):
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.setblocking(False)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(0)
        self.port = self._listener.getsockname()[1]
        self._accepting = self._loop.create_task(self._accept())

    async def _accept(self):
        while True:
            client, _ = await self._loop.sock_accept(self._listener)
            task = self._loop.create_task(self._serve(client))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

    async def _stop_accepting(self):
        if self._accepting:
            self._accepting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._accepting
        self._accepting = None

    async def _drop_connections(self):
        for task in list(self._connections):
            task.cancel()
        if self._connections:
            await asyncio.wait(self._connections)

    async def _fail(self, mode):
        self._mode = mode
        if mode in ("refuse", "restart"):
            await self._stop_accepting()
            self._listener.close()
            await self._drop_connections()
        elif mode == "half-open":
            await self._stop_accepting()
            self._fill_backlog()

    def _fill_backlog(self):
        """With nobody accepting and the queue full, the kernel drops every further SYN, as a dead network does."""
        for _ in range(BACKLOG_FILLERS):
            filler = socket.socket()
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(("127.0.0.1", self.port))
            self._fillers.append(filler)

    async def _heal(self):
        mode, self._mode = self._mode, "pass"
        for filler in self._fillers:
            filler.close()
        self._fillers.clear()
        if mode in ("refuse", "restart"):
            await self._listen(self.port)
        elif mode == "half-open":
            # What was under way in the dead network is lost for good.
            await self._drop_connections()
            self._accepting = self._loop.create_task(self._accept())

    async def _close(self):
        await self._stop_accepting()
        self._listener.close()
        for filler in self._fillers:
            filler.close()
        await self._drop_connections()

    async def _serve(self, client):
        client.setblocking(False)
        device = None
        try:
            device = socket.socket()
            device.setblocking(False)
            await self._loop.sock_connect(device, ("127.0.0.1", self._target))
            ways = [self._loop.create_task(self._pass(client, device, answers=False)),
                    self._loop.create_task(self._pass(device, client, answers=True))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            pass
        finally:
            if self._mode == "restart":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, not an end
            client.close()
            if device:
                device.close()

    async def _pass(self, source, sink, answers):
        with contextlib.suppress(OSError):
            while data := await self._loop.sock_recv(source, 65536):
                if self._mode == "bad address" and not answers:
                    data, refused = self._refusing(data)
                    await self._loop.sock_sendall(source, refused)
                if not await self._forward(data, sink, answers):
                    return

    async def _forward(self, data, sink, answers):
        """False: the connection ends here."""
        mode = self._mode
        if mode in ("mute", "half-open"):
            return True
        if not answers or mode in ("pass", "bad address"):
            await self._loop.sock_sendall(sink, data)
        elif mode == "late":
            await asyncio.sleep(self._late)
            await self._loop.sock_sendall(sink, data)
        elif mode == "garbage":
            await self._loop.sock_sendall(sink, os.urandom(max(16, len(data))))
        elif mode == "close mid-frame":
            await self._loop.sock_sendall(sink, data[:5])
            return False
        elif mode == "slow":
            for byte in data:
                await self._loop.sock_sendall(sink, bytes([byte]))
                await asyncio.sleep(self._late)
        elif mode == "trickle":
            await self._loop.sock_sendall(sink, data[:5])
            await asyncio.sleep(0.005)
            await self._loop.sock_sendall(sink, data[5:])
        return True
