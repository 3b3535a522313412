"""Starts the real program for tests; they talk to it over HTTP and WebSocket, as any client would.

    with harness.Demo() as demo:                      # tagwerk demo on a free port, in a directory of its own
        demo.client.wait_for_good(40)
        demo.client.write("/Plant/PumpHouse/SetPoint", 4.2)

Nothing here sleeps for a fixed time: everything waits for a condition and says what it last saw when it gives up.
With TAGWERK_KEEP set the servers stay when the test ends, and their addresses are printed.

harness.Client, Program, Failed and wait_until are those of the modules beside this one.
"""

import contextlib
import hashlib
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.parse

from http_client import Client
from program import Program, processes_of
from waiting import Failed, wait_until

TREE = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(os.environ.get("TAGWERK_BINARY", TREE / "build" / "release" / "bin" / "tagwerk"))
KEEP = bool(os.environ.get("TAGWERK_KEEP"))
READY = re.compile(r"listening on (https?://\S+)")


def require_binary():
    """Skips the test while nothing is built; in CI that is a failure."""
    if BINARY.exists():
        return
    if os.environ.get("CI", "") not in ("", "0", "false"):
        raise Failed(f"{BINARY} does not exist; ./run --build-only makes it")
    raise unittest.SkipTest(f"{BINARY} DOES NOT EXIST; ./run --build-only makes it")


def free_port():
    """A port below 32768 that is free now: those above belong to outgoing connections and may be taken any moment."""
    for _ in range(200):
        port = random.randint(10_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise Failed("no free port between 10000 and 32000")


def remove_table_of(data):
    """The shared table outlives its server, on purpose; that of a test's data directory has nobody to wait for."""
    instance = hashlib.sha256(str(pathlib.Path(data).resolve()).encode()).hexdigest()[:8]
    pathlib.Path(f"/dev/shm/tagwerk.{instance}").unlink(missing_ok=True)


class Server:
    """`tagwerk serve|demo` in a data directory, with an administrator whose password the test knows.

    Stops with the `with` block; a server that ends on its own or does not stop in time is a failure.
    """

    user = "tester"
    password = "correct-horse-7"

    def __init__(self, *arguments, command="demo", data=None, http="127.0.0.1:0", environment=None, ready_seconds=15,
                 trust=None):
        require_binary()
        self.trust = trust  # for a server with TLS
        self.arguments = list(arguments)
        self.command = command
        self.http = http
        self.environment = environment
        self.ready_seconds = ready_seconds
        self._own_directory = None if data else tempfile.mkdtemp(prefix="tagwerk-")
        self.data = pathlib.Path(data or self._own_directory) / ("" if data else "data")
        self.program = None
        self.url = None
        self.started_in = None
        self.mark = str(self.data)  # in the environment of everything this server starts

    def launch(self, environment=None):
        """The process alone, ready or not."""
        self.data.mkdir(parents=True, exist_ok=True)
        administrator = self.data.parent / f"{self.data.name}.administrator"
        administrator.write_text(f"{self.user}:{self.password}\n")
        administrator.chmod(0o600)
        self.program = Program(
            [BINARY, self.command, "--http", self.http, "--data", self.data, "--bootstrap-admin", administrator,
             *self.arguments], self.data.parent / f"{self.data.name}.log",
            {"TAGWERK_TEST_MARK": self.mark, **(self.environment or {}), **(environment or {})})
        return self.program

    def start(self):
        started = time.monotonic()
        self.launch()
        try:
            self.url = self.program.wait_for_line(READY, self.ready_seconds).group(1).rstrip("/")
        except Failed:
            self.kill_all()
            raise
        self.started_in = time.monotonic() - started
        return self

    @property
    def client(self):
        """A client that has logged in as the administrator; a new one each time it is asked for."""
        return Client(self.url, trust=self.trust).login(self.user, self.password)

    @property
    def port(self):
        return urllib.parse.urlsplit(self.url).port

    def processes(self):
        """Pid -> command line of the server and everything it started, also what outlived it."""
        return processes_of(self.mark)

    def stop(self):
        """SIGTERM; the server and everything it started must end within 5 s. Returns how long it took."""
        taken = self.program.stop()
        left = self.processes()
        if left:
            self.kill_all()
            raise Failed(f"the server ended but left running: {left}{self.program.log_tail()}")
        return taken

    def kill(self):
        """kill -9 of the server alone: its connectors live on."""
        self.program.kill()

    def kill_all(self):
        """kill -9 of the server and everything it started."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.program.process.returncode is None:
            self.program.kill_group()

    def restart(self):
        """Starts again on the same data and port after a stop or a kill."""
        self.http = f"127.0.0.1:{self.port}"
        return self.start()

    def __enter__(self):
        return self.start() if self.program is None else self

    def __exit__(self, kind, value, traceback):
        if KEEP:
            print(f"kept: {self.url} (pid {self.program.pid}, user {self.user}, password {self.password}, "
                  f"data {self.data}); stop it with: kill {self.program.pid}", flush=True)
            return
        try:
            self._end(failed=kind is not None)
        finally:
            remove_table_of(self.data)
            if self._own_directory:
                shutil.rmtree(self._own_directory, ignore_errors=True)

    def _end(self, failed):
        if failed:
            print(self.program.log_tail(), flush=True)
            self.kill_all()
        elif self.program.is_running:
            self.stop()
        elif self.program.process.returncode in (0, -signal.SIGKILL):
            self.kill_all()  # the test killed the server; what it had started goes now
        else:
            self.kill_all()
            raise Failed(f"ended by itself with {self.program.process.returncode}{self.program.log_tail()}")


class Demo(Server):
    """`tagwerk demo`: the server with the simulated pump station."""


class Plant(Server):
    """`tagwerk serve` with a project given as text."""

    def __init__(self, project, *arguments, **options):
        super().__init__(*arguments, command="serve", **options)
        self.data.parent.mkdir(parents=True, exist_ok=True)
        self.project = self.data.parent / f"{self.data.name}.project.yaml"
        self.project.write_text(project)
        self.arguments += ["--project", self.project]


class Simulator:
    """`tagwerk simulate WHAT` as a process of its own, on one port from start to start."""

    def __init__(self, what, *arguments):
        require_binary()
        self.what = what
        self.arguments = arguments
        self.port = free_port()
        self.program = None
        self._directory = tempfile.mkdtemp(prefix="tagwerk-simulator-")

    def start(self):
        self.program = Program([BINARY, "simulate", self.what, "--port", self.port, *self.arguments],
                               pathlib.Path(self._directory) / "simulator.log")
        self.program.wait_for_line(r"listening on ", 10)
        return self

    def stop(self):
        return self.program.stop()

    def kill(self):
        self.program.kill()

    def freeze(self):
        """Its kernel goes on taking what is sent; nobody answers. On a busy machine threads run on until each has heard of
        the signal."""
        self.program.process.send_signal(signal.SIGSTOP)
        tasks = pathlib.Path(f"/proc/{self.program.process.pid}/task")
        wait_until(lambda: all(task.read_text().rsplit(") ", 1)[1].startswith("T") for task in tasks.glob("*/stat")), 10,
                   "every thread to stop")

    def thaw(self):
        self.program.process.send_signal(signal.SIGCONT)

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        if self.program.is_running:
            self.program.kill()
        shutil.rmtree(self._directory, ignore_errors=True)


def tagwerk(*arguments, text="", seconds=30, environment=None):
    """Runs a subcommand to its end; the answer has returncode, stdout and stderr."""
    require_binary()
    return subprocess.run([str(BINARY), *map(str, arguments)], input=text, capture_output=True, text=True,
                          timeout=seconds, check=False, env={**os.environ, **(environment or {})})
