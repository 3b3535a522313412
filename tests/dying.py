"""Runs the program so that it is killed at the N-th time it changes a file (tests/crash/die_at.c)."""

import os
import pathlib
import subprocess
import tempfile

import harness
from waiting import Failed

SOURCE = harness.TREE / "tests" / "crash" / "die_at.c"


class DeathAtStep:
    """Builds the library once; `run` ends with how the program ended, `steps` counts what there is to die at."""

    def __init__(self):
        self._directory = tempfile.TemporaryDirectory(prefix="tagwerk-die-")
        self._library = pathlib.Path(self._directory.name) / "die_at.so"
        made = subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self._library, SOURCE, "-ldl"], capture_output=True,
                              text=True, check=False)
        if made.returncode != 0:
            raise Failed(f"{SOURCE.name} does not compile: {made.stderr[-500:]}")

    def environment(self, step, half=False, only_in=None):
        """For a process that dies at `step`; 0 lives."""
        out = {"LD_PRELOAD": str(self._library), "TAGWERK_DIE_AT": str(step)}
        if half:
            out["TAGWERK_DIE_HALF"] = "1"
        if only_in:
            out["TAGWERK_DIE_IN"] = only_in
        return out

    def run(self, step, *arguments, half=False):
        return harness.tagwerk(*arguments, environment=self.environment(step, half))

    def steps(self, *arguments):
        """How often this command changes a file when nothing happens to it."""
        count = pathlib.Path(self._directory.name) / "count"
        answer = harness.tagwerk(*arguments, environment={**self.environment(0), "TAGWERK_DIE_COUNT": str(count)})
        if answer.returncode != 0 or not count.exists():
            raise Failed(f"{arguments} ended with {answer.returncode}: {answer.stderr[-500:]}")
        return int(count.read_text())

    def close(self):
        self._directory.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


def some_of(steps, rounds=None):
    """`rounds` steps spread evenly over all of them, the first and the last included. TAGWERK_ROUNDS asks for another number."""
    rounds = int(os.environ.get("TAGWERK_ROUNDS", rounds or 0)) or None
    if rounds is None or steps <= rounds:
        return list(range(1, steps + 1))
    return sorted({1 + round(i * (steps - 1) / (rounds - 1)) for i in range(rounds)})
