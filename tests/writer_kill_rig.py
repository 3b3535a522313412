"""Writers of a table that are killed again and again while readers in C and Python look at both segments all the time."""

import contextlib
import os
import pathlib
import random
import struct
import sys
import tempfile
import time

import harness
import table_programs
from program import Program
from waiting import Failed, wait_until

sys.path.insert(0, str(harness.TREE / "clients" / "python"))

import tagwerk  # noqa: E402  (after the path is known)

TAGS = 64
READY_SECONDS = 10
# A writer is killed this long after its start, or after its first batch.
LONGEST_START_SECONDS = 0.008
LONGEST_LIFE_SECONDS = 0.03
UNCERTAIN = 0x40900000


class WriterKillRig:
    """Four readers run from the first batch to the end: by name and by key, in C and in Python.

    `written` counts the writers that came to a batch of their own before they died.
    """

    def __init__(self, seed):
        self.written = 0
        self.done = {}  # reader -> what it has done, once it ended
        self.instance = f"test-writer-kill-{os.getpid()}"
        self._key = 0x59000000 | os.getpid() & 0xFFFFFF
        self._choose = random.Random(seed)
        self._stack = contextlib.ExitStack()
        self._readers = {}
        self._left = 0, 0  # lowest number of a committed batch and highest of any after the last death
        self._number = 0  # of starts of programs, for their logs

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self._folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tagwerk-writer-kill-")))
            self._note = self._folder / "note"
            self._note.write_bytes(bytes(8))
            self._writer = table_programs.build("mortal_writer", self._folder)
            stack.callback(harness.tagwerk, "table", "rm", "--instance", self.instance)
            first = stack.enter_context(self._start_writer())
            first.wait_for_line("writing", READY_SECONDS)
            self._start_readers(stack)
            first.kill()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exception):
        return self._stack.__exit__(*exception)

    def _start(self, name, *command):
        self._number += 1
        return Program(command, self._folder / f"{name}-{self._number}.log")

    def _start_writer(self):
        return self._start("writer", self._writer, self.instance, TAGS, f"{self._key:#x}", self._note)

    def _start_readers(self, stack):
        in_c = table_programs.build("watching_reader", self._folder)
        in_python = table_programs.SOURCES / "watching_reader.py"
        for where, way in ((self.instance, "name"), (f"{self._key:#x}", "key")):
            for language, command in (("C", [in_c]), ("Python", [sys.executable, "-B", in_python])):
                reader = stack.enter_context(self._start("reader", *command, where, TAGS))
                reader.wait_for_line("alive", READY_SECONDS)
                self._readers[f"{language} by {way}"] = reader

    def kill(self, rounds):
        """One writer after the other; returns how long each took from its start to its first batch, where it came so far."""
        taken = []
        for _ in range(rounds):
            started = time.monotonic()
            with self._start_writer() as writer:
                comes_to_write = self._choose.random() < 2 / 3
                if comes_to_write:
                    writer.wait_for_line("writing", READY_SECONDS)
                    taken.append(time.monotonic() - started)
                time.sleep(self._choose.uniform(0, LONGEST_LIFE_SECONDS if comes_to_write else LONGEST_START_SECONDS))
                if not writer.is_running:
                    raise Failed(f"the writer ended by itself{writer.log_tail()}")
                writer.kill()
            for log in self._folder.glob("writer-*.log"):
                log.unlink()
            if comes_to_write:
                self.written += 1
                self._wait_until_all_know_that_it_died(writer.pid)
            self._check_what_is_left()
        return taken

    def _wait_until_all_know_that_it_died(self, pid):
        for name, reader in self._readers.items():
            try:
                reader.wait_for_line(f"^(dead {pid}|wrong.*)$", READY_SECONDS)
            except Failed as error:
                raise Failed(f"the reader {name} does not know that writer {pid} died: {error}") from None
            self._fail_if_wrong(name)

    def _fail_if_wrong(self, name):
        wrong = [line for line in self._readers[name].output() if line.startswith("wrong")]
        if wrong:
            raise Failed(f"the reader {name} says {wrong[0]}")

    def _check_what_is_left(self):
        """Nothing that was committed is lost, and at most one batch was under way since it was noted or seen."""
        noted, = struct.unpack("<q", self._note.read_bytes())
        with tagwerk.Table(self.instance) as table:
            if table.writer.is_alive:
                raise Failed(f"{table.writer} is said to live")
            tags = list(table)
            values = table.read_many(tags)
            newest = max(tag.read().source_time_ns for tag in tags)  # of a batch that was never committed, perhaps
        numbers = {value.source_time_ns for value in values}
        lowest, highest = max(noted, self._left[0]), max(noted, self._left[1]) + 1
        self._left = min(numbers), newest
        if len(values) != TAGS or min(numbers) < lowest or newest > highest:
            raise Failed(f"{noted} was committed, the table should have {lowest} to {highest} and has {sorted(numbers)}, "
                         f"the newest is {newest}")
        if len(numbers) > 1 and not all(value.quality == UNCERTAIN for value in values):
            raise Failed(f"two batches in one: {values}")

    def stop(self):
        """The table is sound under a last writer. Then the readers end; each must have had its share of work and seen
        nothing wrong."""
        with self._start_writer() as writer:
            writer.wait_for_line("writing", READY_SECONDS)
            checked = harness.tagwerk("table", "check", "--instance", self.instance)
            if checked.returncode != 0:
                raise Failed(f"table check objects: {checked.stdout}{checked.stderr}")
        for name, reader in self._readers.items():
            self._fail_if_wrong(name)
            reader.stop()
            words = wait_until(lambda: reader.output()[-1].split(), 5, "its last line")  # pylint: disable=cell-var-from-loop
            if words[0] != "end":
                raise Failed(f"the reader {name} ended with {words}")
            self.done[name] = dict(zip(("single", "together", "unsteady", "reopened"), map(int, words[1:])))
            if 0 in (self.done[name]["single"], self.done[name]["together"]):
                raise Failed(f"the reader {name} could not read: {self.done[name]}")
