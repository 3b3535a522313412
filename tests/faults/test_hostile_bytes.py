"""Garbage, half messages and floods on every port: whoever sends them is shown the door, everybody else goes on."""

import contextlib
import os
import random
import re
import socket
import struct
import unittest

import harness

HEARTBEAT = "/Plant/PumpHouse/Heartbeat"
SEED = int(os.environ.get("TAGWERK_SEED", random.randrange(2**32)))


def say(family, address, data, half_close=False):
    """Sends bytes and returns what came back until the other side closed or was silent for a second."""
    with socket.socket(family) as connection:
        connection.settimeout(1)
        received = b""
        with contextlib.suppress(OSError):
            connection.connect(address)
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                received += piece
        return received


def frame(kind, payload):
    return struct.pack("<IB", 1 + len(payload), kind) + payload


def text(value):
    return bytes([len(value)]) + value.encode()


def hello(name, kind="modbus", version=1):
    return frame(1, struct.pack("<H", version) + text(name) + text(kind) + text("") +
                 struct.pack("<QIQQQ", 1, os.getpid(), 0, 1, 1))


class HostileBytes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.random = random.Random(SEED)
        print(f"seed {SEED} (TAGWERK_SEED repeats it)", flush=True)
        cls.demo = cls.enterClassContext(harness.Demo())
        cls.client = cls.demo.client
        cls.client.wait_for_good(40)
        export = cls.client.request("GET", "/api/project/export?format=yaml").body.decode()
        cls.modbus_port = int(re.search(r"port: (\d+)", export).group(1))

    def tearDown(self):
        """After each of them the plant lives and nothing was restarted."""
        self.assertTrue(self.demo.program.is_running)
        first = self.client.wait_for_value(HEARTBEAT, lambda item: item["quality"] == 0, 5)
        self.client.wait_for_value(
            HEARTBEAT, lambda item: item["quality"] == 0 and item["value"] > first["value"], 5, "a later heartbeat")
        self.assertEqual(self.client.get("/healthz")["status"], "ok")
        self.assertEqual(self.client.connectors()["plc1"]["restarts"], 0)

    def pieces(self, whole):
        """A message cut short, flipped, doubled, and plain noise."""
        yield from (whole[:cut] for cut in sorted(self.random.sample(range(len(whole)), min(12, len(whole)))))
        for _ in range(12):
            flipped = bytearray(whole)
            flipped[self.random.randrange(len(flipped))] ^= 1 << self.random.randrange(8)
            yield bytes(flipped)
        for size in (1, 7, 100, 5000):
            yield self.random.randbytes(size)
        yield b"\0" * 3000
        yield b"\xff" * 3000

    # --- the HTTP port

    def http(self, data):
        return say(socket.AF_INET, ("127.0.0.1", self.demo.port), data, half_close=True)

    def test_garbage_and_half_requests_on_the_http_port(self):
        request = (b"PUT /api/values HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 30\r\n\r\n"
                   b'{"items":[{"path":"a","value":')
        for data in self.pieces(request):
            answer = self.http(data)
            self.assertRegex(answer or b"HTTP/1.1 400 ", rb"\AHTTP/1\.1 (4\d\d|501|505) ", data)

    def test_requests_that_contradict_themselves_are_refused(self):
        for head in (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
                     b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
                     b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
                     b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
                     b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
                     b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5_000 + b"\r\n"):
            answer = self.http(head)
            self.assertRegex(answer, rb"\AHTTP/1\.1 (4\d\d|501|505) ", head[:60])

    def test_a_hundred_connections_that_say_nothing_keep_nobody_out(self):
        with contextlib.ExitStack() as stack:
            for _ in range(100):
                connection = stack.enter_context(socket.create_connection(("127.0.0.1", self.demo.port)))
                connection.sendall(b"GET /api/va")
            self.assertIn(HEARTBEAT, self.client.values(HEARTBEAT))

    def test_a_websocket_that_speaks_nonsense_is_told_so_and_lives_or_is_closed(self):
        with self.client.socket() as live:
            for message in ("", "nonsense", "[]", "{}", '{"op":1}', '{"op":"subscribe"}', '{"op":"fly","id":1}',
                            '{"op":"subscribe","id":1,"paths":[7]}', '{"op":"subscribe","id":1,"paths":[]}',
                            '{"op":"subscribe","id":1,"paths":["/**"],"max_rate_ms":-1}', "[" * 5000,
                            '{"op":"write","id":2,"items":[{"path":5}]}'):
                live.send(message)
                error = live.receive_op("error")
                self.assertTrue(error["detail"], message)
            live.send({"op": "ping"})
            live.receive_op("pong")
        with self.client.socket() as live:
            with contextlib.suppress(Exception):
                live.send(b"x" * (1 << 21))
            harness.wait_until(lambda: not live.is_open, 5, "the connection to be closed after 2 MiB")

    # --- the link socket

    def link(self, data):
        return say(socket.AF_UNIX, str(self.demo.data / "run" / "link.sock"), data)

    def test_garbage_and_half_frames_on_the_link_socket(self):
        pid = self.client.connectors()["plc1"]["pid"]
        for data in self.pieces(hello("stranger")):
            self.link(data)
        for size in (0, 4097, 1 << 20, 0xFFFFFFFF):
            self.assertEqual(self.link(struct.pack("<IB", size, 1) + b"x" * 100), b"")
        self.assertEqual(self.client.connectors()["plc1"]["pid"], pid)

    def test_strangers_on_the_link_are_refused_and_told_why(self):
        for data, why in ((hello("stranger"), b"stranger"), (hello("plc1", version=99), b"version"),
                          (hello("plc1", kind="opcua"), b"opcua"), (hello("plc1"), b"already there")):
            answer = self.link(data)
            self.assertEqual(answer[4:5], b"\x03", answer)
            self.assertIn(why, answer)

    def test_frames_before_hello_close_the_connection(self):
        for kind in range(19):
            if kind != 1:
                self.assertEqual(self.link(frame(kind, b"\0" * 16)), b"", f"frame {kind}")

    def test_a_hundred_silent_strangers_do_not_keep_a_connector_out(self):
        path = str(self.demo.data / "run" / "link.sock")
        with contextlib.ExitStack() as stack:
            for _ in range(100):
                connection = stack.enter_context(socket.socket(socket.AF_UNIX))
                harness.wait_until(lambda: connection.connect_ex(path) == 0, 5,  # pylint: disable=cell-var-from-loop
                                   "room among those who wait to be accepted")
            self.client.wait_for_value(HEARTBEAT, lambda item: item["quality"] == 0, 5)

    # --- the simulator's Modbus port

    def modbus(self, data):
        return say(socket.AF_INET, ("127.0.0.1", self.modbus_port), data, half_close=True)

    def test_garbage_and_half_frames_on_the_simulators_modbus_port(self):
        request = struct.pack(">HHHBBHH", 1, 0, 6, 1, 4, 0, 10)
        for data in self.pieces(request * 3):
            self.modbus(data)
        for data in (struct.pack(">HHH", 1, 0, 0xFFFF), struct.pack(">HHH", 1, 0, 0), struct.pack(">HHH", 1, 7, 6) + request[6:]):
            self.modbus(data + b"\0" * 300)
        for function in range(1, 128):
            answer = self.modbus(struct.pack(">HHHBBHH", 1, 0, 6, 1, function, 0xFFFF, 0xFFFF))
            if answer:
                self.assertEqual(answer[7], function | 0x80, f"function {function} was carried out: {answer}")


if __name__ == "__main__":
    unittest.main()
