"""watching_reader.c in Python: the same arguments, the same words. watching_reader.py WHERE TAGS"""

import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "clients" / "python"))

import tagwerk  # noqa: E402  (after the path is known)

UNCERTAIN = 0x40900000
REST_SECONDS = 0.001


class Wrong(Exception):
    pass


def text_of(number):
    return f"{number}," * (number % 4 + 1)


def number_of(tag, value):
    """The number of a value; 0 before the first."""
    if value.value is None:
        return 0
    number = value.source_time_ns
    expected = text_of(number) if tag % 4 == 3 else number
    if value.value != expected or value.quality not in (0, UNCERTAIN) or \
            (value.quality == 0 and value.server_time_ns != number):
        raise Wrong(f"a mixture in tag {tag}: {value}")
    return number


class Reader:
    def __init__(self, where, tags):
        self._where = where
        self._paths = [f"/T{tag}" for tag in range(tags)]
        self._last = [0] * tags
        self._last_batch = 0
        self._writer = None
        self.ending = False
        self.single = self.together = self.unsteady = self.reopened = 0

    def run(self):
        while not self.ending:
            try:
                with self._open() as table:
                    tags = [table.find(path) for path in self._paths]
                    self._read(table, tags, table.group(tags))
            except (tagwerk.NoTable, tagwerk.NotReady, tagwerk.TagNotFound):
                time.sleep(REST_SECONDS)
            except tagwerk.Replaced:
                self.reopened += 1

    def _open(self):
        return tagwerk.Table(sysv_key=int(self._where, 16)) if self._where.startswith("0x") else tagwerk.Table(self._where)

    def _read(self, table, tags, group):
        while not self.ending:
            for number, tag in enumerate(tags):
                self._steadily(self._read_single, number, tag)
            self._steadily(self._read_together, group)
            self._watch_the_writer(table)
            time.sleep(REST_SECONDS)

    def _steadily(self, read, *arguments):
        try:
            read(*arguments)
        except tagwerk.Unsteady:
            self.unsteady += 1

    def _read_single(self, number, tag):
        now = number_of(number, tag.read())
        if now < self._last[number]:
            raise Wrong(f"a single value, tag {number}: {now} after {self._last[number]}")
        self._last[number] = now
        self.single += 1

    def _read_together(self, group):
        values = group.read()
        numbers = [number_of(tag, value) for tag, value in enumerate(values)]
        if min(numbers) < self._last_batch:
            raise Wrong(f"a batch with {min(numbers)} after {self._last_batch}")
        for number, value in zip(numbers, values):
            if number != numbers[0] and value.quality != UNCERTAIN:
                raise Wrong(f"two batches in one: {values[0]} and {value}")
        self._last_batch = min(numbers)
        self.together += 1

    def _watch_the_writer(self, table):
        writer = table.writer
        state = f"{'alive' if writer.is_alive else 'dead'} {writer.pid}"
        if state != self._writer:
            self._writer = state
            print(state, flush=True)


def main(where, tags):
    reader = Reader(where, int(tags))

    def end(*_):
        reader.ending = True
    signal.signal(signal.SIGTERM, end)
    try:
        reader.run()
    except Wrong as error:
        print(f"wrong: {error}", flush=True)
        return 1
    print(f"end {reader.single} {reader.together} {reader.unsteady} {reader.reopened}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
