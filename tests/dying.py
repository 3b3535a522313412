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
        self.folder = pathlib.Path(self._directory.name)
        self._library = self.folder / "die_at.so"
        self._count = self.folder / "count"
        made = subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self._library, SOURCE, "-ldl"], capture_output=True,
                              text=True, check=False)
        if made.returncode != 0:
            raise Failed(f"{SOURCE.name} does not compile: {made.stderr[-500:]}")

    def environment(self, step, half=False, only_in=None, file=None, when=None):
        """For a process that dies at `step`; 0 lives. What counts, and from when: die_at.c."""
        out = {"LD_PRELOAD": self._library, "TAGWERK_DIE_AT": step, "TAGWERK_DIE_HALF": "1" if half else None,
               "TAGWERK_DIE_IN": only_in, "TAGWERK_DIE_FILE": file, "TAGWERK_DIE_WHEN": when,
               "TAGWERK_DIE_COUNT": self._count}
        return {name: str(value) for name, value in out.items() if value is not None}

    @property
    def counted(self):
        """How many steps the last process had gone so far."""
        return int(self._count.read_text() or 0)

    def run(self, step, *arguments, half=False):
        return harness.tagwerk(*arguments, environment=self.environment(step, half))

    def steps(self, *arguments):
        """How often this command changes a file when nothing happens to it."""
        answer = self.run(0, *arguments)
        if answer.returncode != 0:
            raise Failed(f"{arguments} ended with {answer.returncode}: {answer.stderr[-500:]}")
        return self.counted

    def close(self):
        self._directory.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


def some_of(steps, rounds=None):
    """`rounds` steps spread evenly over all of them, the first and the last included. TAGWERK_ROUNDS asks for another number."""
    rounds = int(os.environ.get("TAGWERK_ROUNDS", rounds or 0)) or None
    if rounds == 1:
        return [steps]
    if rounds is None or steps <= rounds:
        return list(range(1, steps + 1))
    return sorted({1 + round(i * (steps - 1) / (rounds - 1)) for i in range(rounds)})
