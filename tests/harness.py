"""Starts the real program for tests and talks to it over HTTP and WebSocket, as any client would.

    with harness.Demo() as demo:                      # tagwerk demo on a free port, in a directory of its own
        demo.client.wait_for_good(40)
        demo.client.write("/Plant/PumpHouse/SetPoint", 4.2)

Nothing here sleeps for a fixed time: everything waits for a condition and says what it last saw when it gives up.
With TAGWERK_KEEP set the servers stay when the test ends, and their addresses are printed.
"""

import asyncio
import contextlib
import datetime
import hashlib
import json
import os
import pathlib
import queue
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

TREE = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(os.environ.get("TAGWERK_BINARY", TREE / "build" / "release" / "bin" / "tagwerk"))
KEEP = bool(os.environ.get("TAGWERK_KEEP"))
STOP_LIMIT_SECONDS = 5.0
READY = re.compile(r"listening on (https?://\S+)")


class Failed(AssertionError):
    """The program did not do what it promises; the text has the end of its log."""


def require_binary():
    """Skips the test while nothing is built; in CI that is a failure."""
    if BINARY.exists():
        return
    if os.environ.get("CI", "") not in ("", "0", "false"):
        raise Failed(f"{BINARY} does not exist; ./run --build-only makes it")
    raise unittest.SkipTest(f"{BINARY} DOES NOT EXIST; ./run --build-only makes it")


def wait_until(condition, seconds, what):
    """Asks until `condition()` is true and returns its answer. A Failed inside counts as 'not yet'."""
    deadline = time.monotonic() + seconds
    last = None
    while True:
        try:
            last = condition()
            if last:
                return last
        except (Failed, OSError) as error:
            last = error
        if time.monotonic() >= deadline:
            raise Failed(f"waited {seconds:g} s for {what}; last seen: {last!r}")
        time.sleep(0.05)


def free_port():
    """A port below 32768 that is free now: those above belong to outgoing connections and may be taken any moment."""
    for _ in range(200):
        port = random.randint(10_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise Failed("no free port between 10000 and 32000")


def nanoseconds(text):
    """Nanoseconds since 1970 of an RFC 3339 time as the API gives it: 2026-11-20T23:19:33.620306Z."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    moment = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc)
    return int(moment.timestamp()) * 1_000_000_000 + int(fraction.ljust(9, "0"))


def processes_of(mark):
    """Pid -> command line of every process that has the text `mark` in its environment or command line."""
    found = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            if command and int(folder.name) != os.getpid() and \
                    mark.encode() in command + (folder / "environ").read_bytes():
                found[int(folder.name)] = command.replace(b"\0", b" ").decode(errors="replace").strip()
        except (OSError, ValueError):
            continue  # ended meanwhile, or not ours
    return found


def remove_table_of(data):
    """The shared table outlives its server, on purpose; that of a test's data directory has nobody to wait for."""
    instance = hashlib.sha256(str(pathlib.Path(data).resolve()).encode()).hexdigest()[:8]
    pathlib.Path(f"/dev/shm/tagwerk.{instance}").unlink(missing_ok=True)


def stacks_of(pid):
    """Where the threads of a process are, as far as this machine can tell."""
    if not shutil.which("gdb"):
        return ""
    answer = subprocess.run(["gdb", "-p", str(pid), "-batch", "-ex", "thread apply all bt 16"], capture_output=True,
                            text=True, timeout=60, check=False)
    return "\n" + "\n".join(line for line in answer.stdout.splitlines() if line.startswith(("Thread", "#")))


# --- processes ---------------------------------------------------------------------------------------------------

class Program:
    """A running process whose output goes to a file and can be waited for, line by line."""

    def __init__(self, command, log, environment=None, cwd=None):
        self.command = [str(word) for word in command]
        self.log = pathlib.Path(log)
        self._lines = []
        self._arrived = threading.Condition()
        self._errors = open(self.log, "ab")  # closed in _forget
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors, cwd=cwd,
            env={**os.environ, **(environment or {})}, start_new_session=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self):
        return self.process.pid

    @property
    def is_running(self):
        return self.process.poll() is None

    def _read(self):
        with open(self.log, "ab") as copy:
            for line in self.process.stdout:
                copy.write(line)
                copy.flush()
                with self._arrived:
                    self._lines.append(line.decode(errors="replace").rstrip("\n"))
                    self._arrived.notify_all()
        with self._arrived:
            self._arrived.notify_all()

    def output(self):
        """The lines of standard output so far."""
        with self._arrived:
            return list(self._lines)

    def wait_for_line(self, pattern, seconds):
        """The match of the first line of standard output in which `pattern` is found."""
        pattern = re.compile(pattern)
        deadline = time.monotonic() + seconds
        seen = 0
        with self._arrived:
            while True:
                for line in self._lines[seen:]:
                    match = pattern.search(line)
                    if match:
                        return match
                seen = len(self._lines)
                left = deadline - time.monotonic()
                if left <= 0 or (not self.is_running and not self._reader.is_alive()):
                    raise Failed(f"no line {pattern.pattern!r} within {seconds:g} s (exit code "
                                 f"{self.process.poll()}){self.log_tail()}")
                self._arrived.wait(min(left, 0.2))

    def log_tail(self, lines=30):
        text = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return f"\n--- the end of {self.log} of {' '.join(self.command)}\n" + "\n".join(text[-lines:]) + "\n---"

    def stop(self, seconds=STOP_LIMIT_SECONDS, expected=0):
        """SIGTERM, then the exit code must be `expected` within `seconds`. Returns how long it took."""
        started = time.monotonic()
        if self.is_running:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            where = stacks_of(self.pid)
            self.kill_group()
            raise Failed(f"still running {seconds:g} s after SIGTERM{self.log_tail()}{where}") from None
        taken = time.monotonic() - started
        self._forget()
        if code != expected:
            raise Failed(f"ended with {code} instead of {expected}{self.log_tail()}")
        return taken

    def kill(self):
        """kill -9 of this one process; what it started stays."""
        self.process.kill()
        self.process.wait()
        self._forget()

    def kill_group(self):
        """kill -9 of the process and whatever it started that stayed in its session."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()
        self._forget()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.is_running:
            self.kill_group()

    def _forget(self):
        self._errors.close()
        self._reader.join(2)
        if not self._reader.is_alive():  # else something it started holds the other end
            self.process.stdout.close()


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

    def start(self):
        self.data.mkdir(parents=True, exist_ok=True)
        administrator = self.data.parent / f"{self.data.name}.administrator"
        administrator.write_text(f"{self.user}:{self.password}\n")
        administrator.chmod(0o600)
        started = time.monotonic()
        self.program = Program(
            [BINARY, self.command, "--http", self.http, "--data", self.data, "--bootstrap-admin", administrator,
             *self.arguments], self.data.parent / f"{self.data.name}.log",
            {"TAGWERK_TEST_MARK": self.mark, **(self.environment or {})})
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


# --- TLS ---------------------------------------------------------------------------------------------------------

class Certificate:
    """A certificate that vouches for itself, and its key, in a folder; write() makes others in their place."""

    def __init__(self, folder, name="127.0.0.1"):
        self.file = pathlib.Path(folder) / "certificate.pem"
        self.key = pathlib.Path(folder) / "key.pem"
        self.write(name)

    def write(self, name="127.0.0.1"):
        kind = "IP" if re.fullmatch(r"[\d.]+", name) else "DNS"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "90", "-subj", f"/CN={name}", "-addext", f"subjectAltName={kind}:{name},IP:127.0.0.1",
                        "-keyout", self.key, "-out", self.file], check=True, capture_output=True)

    @property
    def fingerprint(self):
        return fingerprint_of(self.file)

    @property
    def trust(self):
        return trusting(self.file)


def trusting(certificate):
    """What makes a client believe this certificate and no other."""
    return ssl.create_default_context(cafile=str(certificate))


def fingerprint_of(certificate):
    """SHA-256 as browsers show it."""
    der = ssl.PEM_cert_to_DER_cert(pathlib.Path(certificate).read_text())
    return ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest())


def shown_certificate(port):
    """The fingerprint of the certificate that the server on this port shows now."""
    context = ssl._create_unverified_context()
    with socket.create_connection(("127.0.0.1", port), 5) as plain, context.wrap_socket(plain) as secure:
        der = secure.getpeercert(binary_form=True)
    return ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest())


# --- HTTP --------------------------------------------------------------------------------------------------------

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
        self.trust = trust  # what trusting() gives, for https

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


# --- WebSocket ---------------------------------------------------------------------------------------------------

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
