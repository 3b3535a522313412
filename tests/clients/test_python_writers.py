"""tagwerk.Table beside writers that do not stop: processes of their own, and the real server."""

import contextlib
import os
import pathlib
import subprocess
import sys
import time
import unittest

import harness

sys.path.insert(0, str(harness.TREE / "clients" / "python"))

import tagwerk  # noqa: E402  (after the path is known)
from demo_segments import demo_with_both_segments  # noqa: E402

try:
    import sysv_ipc
except ImportError:
    sysv_ipc = None

HERE = pathlib.Path(__file__).resolve().parent
TAGS = 12


@contextlib.contextmanager
def restless_writer(instance, duty, key=None):
    command = [sys.executable, "-B", HERE / "restless_writer.py", instance, str(TAGS), str(duty), *([hex(key)] if key else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        if writer.stdout.readline() != "writing\n":
            raise harness.Failed(f"{command} did not start")
        try:
            yield writer
        finally:
            writer.stdin.close()
            writer.wait(30)


def number_of(value):
    """The batch that a value is of; a torn one shows."""
    if isinstance(value.value, str):
        numbers = set(value.value.rstrip(",").split(","))
        if len(numbers) != 1 or value.value.count(",") != int(min(numbers)) % 4 + 1:
            raise AssertionError(f"torn text {value!r}")
        number = int(numbers.pop())
    else:
        number = value.value
    if (value.source_time_ns, value.server_time_ns) != (number, number):
        raise AssertionError(f"torn value {value!r}")
    return number


class RestlessWriter(unittest.TestCase):
    """How fast writer and reader get on does not matter: what is counted is right or wrong in every single read."""

    READS = 3000

    def setUp(self):
        self.instance = f"test-restless-{os.getpid()}"

    def tables(self):
        """By name, and by key where a writer of System V segments can be had."""
        yield None, lambda: tagwerk.Table(self.instance)
        if sysv_ipc:
            key = 0x55000000 | os.getpid() & 0xFFFFFF
            yield key, lambda: tagwerk.Table(sysv_key=key)

    def test_no_value_and_no_snapshot_is_torn_at_full_speed(self):
        for key, opened in self.tables():
            with self.subTest(key=key), restless_writer(self.instance, 1, key), opened() as table:
                tags = list(table)
                group = table.group(tags)
                last = 0
                for _ in range(self.READS):
                    for tag in tags:
                        number_of(tag.read())
                    with contextlib.suppress(tagwerk.Unsteady):
                        numbers = {number_of(value) for value in group.read()}
                        self.assertEqual(len(numbers), 1, "values of two batches")
                        self.assertGreaterEqual(min(numbers), last, "backwards")
                        last = numbers.pop()
                self.assertGreater(last, 0, "not one snapshot while it wrote")

    def test_at_half_duty_99_of_100_snapshots_succeed(self):
        with restless_writer(self.instance, 0.5), tagwerk.Table(self.instance) as table:
            group = table.group(list(table))
            unsteady = 0
            for _ in range(self.READS):
                try:
                    group.read()
                except tagwerk.Unsteady:
                    unsteady += 1
            self.assertLessEqual(unsteady, self.READS // 100)

    def test_a_killed_writer_leaves_whole_values_and_holds_up_nobody(self):
        with restless_writer(self.instance, 1) as writer, tagwerk.Table(self.instance) as table:
            self.addCleanup(pathlib.Path(f"/dev/shm/tagwerk.{self.instance}").unlink, missing_ok=True)
            self.assertTrue(table.writer.is_alive)
            tags = list(table)
            table.wait_changed(table.publish, 30)
            writer.kill()
            writer.wait(30)
            self.assertFalse(table.writer.is_alive)
            self.assertEqual(len({number_of(value) for value in table.read_many(tags)}), 1)
            for tag in tags:
                number_of(tag.read())
            seen = table.publish
            started = time.monotonic()
            self.assertEqual(table.wait_changed(seen, 0.05), seen)
            self.assertGreaterEqual(time.monotonic() - started, 0.05)


class RealServer(unittest.TestCase):
    """`tagwerk demo` with both segments."""

    @classmethod
    def setUpClass(cls):
        cls.key = 0x56000000 | os.getpid() & 0xFFFFFF
        cls.demo, cls.instance = cls.enterClassContext(demo_with_both_segments(cls.key, ", mode: 0640"))
        cls.client = cls.demo.client

    def tables(self):
        return (lambda: tagwerk.Table(self.instance)), (lambda: tagwerk.Table(sysv_key=self.key))

    def test_both_segments_show_the_tags_of_the_api(self):
        listed = {item["path"] for item in self.client.get("/api/values?path=/**")["items"]}
        for opened in self.tables():
            with opened() as table:
                self.assertEqual({tag.path for tag in table}, listed)
                self.assertEqual(table.sysv_key, self.key)
                self.assertEqual((table.writer.pid, table.writer.is_alive), (self.demo.program.pid, True))
                pressure = table.read("/Plant/PumpHouse/Pressure")
                self.assertTrue(pressure.is_good)
                self.assertLess(pressure.age, 60)

    def test_after_the_answer_to_a_write_the_next_read_sees_it(self):
        path = next(item["path"] for item in self.client.get("/api/values?path=/**")["items"]
                    if item["path"].endswith("/SetPoint"))
        for opened, value in zip(self.tables(), (4.5, 5.5)):
            with opened() as table:
                tag = table.find(path)
                self.assertTrue(self.client.write(path, value)["ok"])
                harness.wait_until(lambda: tag.read().value == value, 10, f"{path} = {value} in the table")

    def test_waiting_hears_of_the_servers_batches(self):
        for opened in self.tables():
            with opened() as table:
                seen = table.wait_changed(0, 0)
                self.assertNotEqual(table.wait_changed(seen, 30), seen)

    def test_snapshots_are_had_while_the_server_writes(self):
        for opened in self.tables():
            with opened() as table:
                group = table.group(list(table))
                for _ in range(300):
                    self.assertEqual(len(group.read()), len(group))


if __name__ == "__main__":
    unittest.main()
