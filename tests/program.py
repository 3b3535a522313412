"""Processes that a test starts, and finding what they started."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time

from waiting import Failed

STOP_LIMIT_SECONDS = 5.0


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


def stacks_of(pid):
    """Where the threads of a process are, as far as this machine can tell."""
    if not shutil.which("gdb"):
        return ""
    answer = subprocess.run(["gdb", "-p", str(pid), "-batch", "-ex", "thread apply all bt 16"], capture_output=True,
                            text=True, timeout=60, check=False)
    return "\n" + "\n".join(line for line in answer.stdout.splitlines() if line.startswith(("Thread", "#")))
