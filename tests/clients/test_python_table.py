"""tagwerk.Table against segments that a test writes store by store. No server, nothing compiled."""

import contextlib
import datetime
import os
import random
import struct
import subprocess
import sys
import threading
import time
import unittest
from unittest import mock

import harness

sys.path.insert(0, str(harness.TREE / "clients" / "python"))

import tagwerk  # noqa: E402  (after the path is known)
from tagwerk import futex, layout, memory  # noqa: E402
from segment_writer import (BOOL, BOOL_ARRAY, FLOAT, FLOAT_ARRAY, INT, INT_ARRAY, JSON, STRING,  # noqa: E402
                            STRING_ARRAY, SegmentWriter)

try:
    import sysv_ipc
except ImportError:
    sysv_ipc = None


class Segment(unittest.TestCase):
    """A segment of this test and a table that reads it."""

    def setUp(self):
        self.instance = f"test-python-{os.getpid()}-{self.id().rsplit('.', 1)[1]}"[:63]
        self.writer = self.enterContext(SegmentWriter(self.instance))
        self.table = self.enterContext(tagwerk.Table(self.instance))


class Reading(Segment):
    def test_every_type_comes_with_quality_times_and_number(self):
        for kind, value in ((BOOL, True), (BOOL, False), (INT, -5), (INT, 2**63 - 1), (FLOAT, 2.5), (STRING, "Grüße"),
                            (STRING, ""), (JSON, {"a": [1, None]}), (BOOL_ARRAY, [True, False]),
                            (INT_ARRAY, [1, -2]), (FLOAT_ARRAY, [0.5, -0.0]), (STRING_ARRAY, ["a", "", "ß"])):
            with self.subTest(kind=kind, value=value):
                slot = self.writer.define(f"/T{kind}{value}"[:40], kind, 64)
                tag = self.table.find(f"/T{kind}{value}"[:40])
                waiting = tag.read()
                self.assertEqual((waiting.value, waiting.is_bad), (None, True))
                written = '{"a":[1,null]}' if kind == JSON else value
                self.writer.publish({slot: written}, quality=0x40900000, times=(-7, 2_500_000_000))
                seen = tag.read()
                self.assertEqual(seen.value, value)
                self.assertIs(type(seen.value), type(value))
                self.assertEqual((seen.quality, seen.is_uncertain, seen.is_good), (0x40900000, True, False))
                self.assertEqual((seen.source_time_ns, seen.server_time_ns), (-7, 2_500_000_000))
                self.assertEqual(seen.server_time, datetime.datetime(1970, 1, 1, 0, 0, 2, 500_000,
                                                                    datetime.timezone.utc))
                self.assertEqual(seen.number, self.table.publish)
                self.assertEqual(self.table.read_many([tag]), [seen])

    def test_a_time_that_never_was_is_none(self):
        slot = self.writer.define("/A", INT)
        self.writer.publish({slot: 1}, times=(layout.NEVER, layout.NEVER))
        seen = self.table.read("/A")
        self.assertEqual((seen.source_time, seen.server_time, seen.age), (None, None, None))

    def test_tags_are_listed_and_counted_in_the_order_of_slots(self):
        paths = [f"/Plant/Tag{number}" for number in (3, 1, 2)]
        for path in paths:
            self.writer.define(path, STRING, 32)
        self.assertEqual([tag.path for tag in self.table], paths)
        self.assertEqual(len(self.table), 3)
        tag = next(iter(self.table))
        self.assertEqual((tag.type_name, tag.area_bytes, tag.slot), ("string", 32, 0))
        self.assertIn("/Plant/Tag1", self.table)
        self.assertNotIn("/Plant/Tag4", self.table)

    def test_a_path_that_is_not_there_is_named(self):
        with self.assertRaisesRegex(tagwerk.TagNotFound, "'/No/Such'"):
            self.table.find("/No/Such")

    def test_paths_with_equal_buckets_are_told_apart(self):
        slots = {self.writer.define(f"/T{number}", INT): number for number in range(60)}
        self.writer.publish(dict(slots))
        for number in range(60):
            self.assertEqual(self.table.read(f"/T{number}").value, number)

    def test_a_removed_tag_is_gone_also_when_its_slot_is_in_use_again(self):
        slot = self.writer.define("/A", INT)
        self.writer.define("/B", INT)
        tag, other = self.table.find("/A"), self.table.find("/B")
        both = self.table.group([tag, other])
        self.writer.remove(slot)
        for again in (False, True):
            if again:
                self.writer.define("/C", INT, slot=slot)
            for read in (tag.read, both.read):
                with self.assertRaisesRegex(tagwerk.TagGone, "/A was removed"):
                    read()
        self.assertIsNone(other.read().value)

    def test_text_goes_on_in_a_larger_area(self):
        slot = self.writer.define("/A", STRING, 16)
        self.writer.publish({slot: "short"})
        tag = self.table.find("/A")
        group = self.table.group([tag])
        self.assertEqual(group.read()[0].value, "short")
        self.writer.grow(slot, 2000, "x" * 2000)
        self.assertEqual(group.read()[0].value, "x" * 2000)
        self.assertEqual(tag.read().value, "x" * 2000)

    def test_a_reference_outside_the_table_is_damage(self):
        slot = self.writer.define("/A", STRING, 16)
        self.writer.publish({slot: "text"})
        for copy in (8, 32):
            self.writer.store(self.writer.slots + slot * 64 + copy, 0xFFFFFF | 100 << 32)
        for read in (self.table.find("/A").read, self.table.group(["/A"]).read):
            with self.assertRaises(tagwerk.Damaged):
                read()

    def test_closed_tables_say_so(self):
        self.writer.define("/A", INT)
        tag, group = self.table.find("/A"), self.table.group(["/A"])
        self.table.close()
        self.table.close()
        for use in (tag.read, group.read, self.table.wait_changed, lambda: self.table.find("/A"), lambda: self.table.writer,
                    lambda: list(self.table), lambda: len(self.table)):
            with self.assertRaises(tagwerk.Closed):
                use()

    def test_the_segment_cannot_be_written_through_it(self):
        with self.assertRaises(TypeError):
            self.table._bytes[500] = 1


class BetweenStores(Segment):
    """After every single store of a writer, as if it had died there, a reader finds whole values of whole batches."""

    def watch(self, look):
        faults, calls = [], [0]

        def after_store():
            calls[0] += 1
            try:
                look()
            except Exception as fault:  # pylint: disable=broad-except
                faults.append(fault)
        self.writer.after_store = after_store
        self.addCleanup(lambda: self.assertEqual(faults, []))
        return calls

    def test_a_value_is_the_old_one_or_the_new_one(self):
        slot = self.writer.define("/A", STRING, 40)
        self.writer.publish({slot: "old" * 10}, quality=1, times=(1, 1))
        tag = self.table.find("/A")
        whole = {("old" * 10, 1, 1, 1), ("new" * 11, 2, 2, 2)}
        calls = self.watch(lambda: self.assertIn(tag.read()[:4], whole))
        self.writer.publish({slot: "new" * 11}, quality=2, times=(2, 2))
        self.assertGreater(calls[0], 8)

    def test_many_values_are_all_of_one_batch(self):
        slots = [self.writer.define(f"/T{number}", STRING if number % 2 else INT, 16) for number in range(6)]

        def batch(n):
            return {slot: str(n) if slot % 2 else n for slot in slots}
        self.writer.publish(batch(0))
        group = self.table.group([f"/T{number}" for number in range(6)])
        self.watch(lambda: self.assertEqual(len({int(value.value) for value in group.read()}), 1))
        for n in range(1, 6):
            self.writer.publish(batch(n))
        self.assertEqual({int(value.value) for value in group.read()}, {5})

    def test_a_batch_that_stays_open_does_not_count(self):
        slots = [self.writer.define(f"/T{number}", INT) for number in range(3)]
        self.writer.publish({slot: 1 for slot in slots})
        self.writer.publish({slots[0]: 2, slots[1]: 2}, commit=False)
        self.assertEqual([value.value for value in self.table.read_many(["/T0", "/T1", "/T2"])], [1, 1, 1])
        self.assertEqual(self.table.read("/T0").value, 2)

    def test_a_present_tag_is_found_while_others_come(self):
        slot = self.writer.define("/A", INT)
        self.writer.publish({slot: 1})
        tag = self.table.find("/A")

        def look():
            self.assertEqual(self.table.find("/A").slot, slot)
            self.assertEqual(tag.read().value, 1)
            self.assertIn("/A", [each.path for each in self.table])
        self.watch(look)
        for number in range(5):
            self.writer.define(f"/B{number}", STRING, 8)

    def test_a_writer_that_publishes_a_tag_twice_in_an_open_batch_is_waited_for_and_then_reported(self):
        slot = self.writer.define("/A", INT)
        self.writer.publish({slot: 1})
        self.writer.publish({slot: 2}, commit=False)
        self.writer.publish({slot: 3}, commit=False)
        with self.assertRaisesRegex(tagwerk.Unsteady, "1 values"):
            self.table.read_many(["/A"])
        self.assertEqual(self.table.read("/A").value, 3)
        self.writer.commit()
        self.assertEqual(self.table.read_many(["/A"])[0].value, 3)

    def test_a_reader_that_is_overtaken_every_time_gives_up(self):
        slot = self.writer.define("/A", INT)
        tag = self.table.find("/A")
        control = self.writer.slots // 8 + slot * 8

        class Overtaking:
            """The words of the segment, with a publish after each look at the control word."""

            def __init__(self, words, writer):
                self.words, self.writer = words, writer

            def __getitem__(self, at):
                word = self.words[at]
                if at == control:
                    self.writer.publish({slot: 1})
                return word
        tag._words = self.table._words = Overtaking(self.table._words, self.writer)
        with self.assertRaisesRegex(tagwerk.Unsteady, "/A changes faster"):
            tag.read()
        tag._words = self.table._words = self.table._words.words


class AsAWhole(Segment):
    def test_the_writer_is_this_process_until_it_says_goodbye(self):
        writer = self.table.writer
        self.assertEqual((writer.pid, writer.is_alive, writer.generation), (os.getpid(), True, 1))
        self.assertLess(writer.heartbeat_age, 60)
        self.writer.store_half(256, 0)
        self.assertFalse(self.table.writer.is_alive)

    def test_a_reused_pid_is_not_the_writer(self):
        self.writer.store(264, self.writer.load(264) + 1)
        self.assertFalse(self.table.writer.is_alive)

    def test_a_killed_writer_is_dead_at_once(self):
        ended = subprocess.Popen(["sleep", "1000"])
        with open(f"/proc/{ended.pid}/stat", "rb") as file:
            self.writer.store(264, int(file.read().rpartition(b")")[2].split()[19]))
        self.writer.store_half(256, ended.pid)
        self.assertTrue(self.table.writer.is_alive)
        ended.kill()
        ended.wait()
        self.assertFalse(self.table.writer.is_alive)

    def test_in_another_pid_namespace_the_lock_tells(self):
        self.writer.store(272, 1)
        self.assertFalse(self.table.writer.is_alive)
        locker = subprocess.Popen([sys.executable, "-c", LOCK, self.writer.path], stdout=subprocess.PIPE)
        self.assertEqual(locker.stdout.readline(), b"locked\n")
        self.assertTrue(self.table.writer.is_alive)
        locker.kill()
        locker.communicate()

    def test_waiting_ends_with_a_commit(self):
        slot = self.writer.define("/A", INT)
        for sleeps in (True, False):
            with self.subTest(sleeps=sleeps), mock.patch.object(futex, "can_sleep", lambda _: sleeps):
                seen = self.table.wait_changed(0, 0)
                self.assertEqual(seen, self.table.publish)
                self.assertEqual(self.table.wait_changed(seen, 0.01), seen)
                writing = threading.Timer(0.05, lambda: self.writer.publish({slot: 1}))
                writing.start()
                self.assertEqual(self.table.wait_changed(seen, 30), seen + 1)
                writing.join()

    @unittest.skipUnless(futex.can_sleep(1), "this machine's futex number is not known")
    def test_waiting_sleeps_on_the_futex(self):
        self.assertTrue(futex.can_sleep(self.table._memory.address))

    def test_a_replaced_table_says_so_everywhere_and_is_opened_again(self):
        slot = self.writer.define("/A", INT)
        self.writer.publish({slot: 1})
        tag, group = self.table.find("/A"), self.table.group(["/A"])
        self.assertEqual(tag.read().value, 1)
        os.unlink(self.writer.path)
        self.assertTrue(self.table.is_removed)
        successor = self.enterContext(SegmentWriter(self.instance, slots=200))
        successor.define("/Z", INT)
        successor.publish({successor.define("/A", INT): 2})
        self.writer.mark_replaced()
        for use in (tag.read, group.read, lambda: self.table.find("/A"), lambda: list(self.table),
                    self.table.wait_changed):
            with self.assertRaisesRegex(tagwerk.Replaced, "reopen"):
                use()
        self.assertTrue(self.table.is_replaced)
        self.table.reopen()
        self.assertEqual((tag.read().value, group.read()[0].value, self.table.slot_capacity), (2, 2, 200))
        self.assertFalse(self.table.is_replaced)

    def test_instances_are_listed_and_the_only_one_needs_no_name(self):
        self.assertIn(self.instance, tagwerk.instances())
        with mock.patch("tagwerk.table.instances", lambda: [self.instance]), tagwerk.Table() as table:
            self.assertEqual(table.instance, self.instance)
        for found, fault in (([], "no table on this machine"), (["a", "b"], "2 tables; name one of a, b")):
            with mock.patch("tagwerk.table.instances", lambda found=found: found), \
                    self.assertRaisesRegex(tagwerk.TableError, fault):
                tagwerk.Table()


LOCK = """
import fcntl, os, struct, sys, time
file = os.open(sys.argv[1], os.O_RDWR)
fcntl.fcntl(file, 37, struct.pack("hhqqi0q", fcntl.F_WRLCK, 0, 0, 0, 0))
print("locked", flush=True)
time.sleep(1000)
"""


class WrongSegments(unittest.TestCase):
    def setUp(self):
        self.instance = f"test-python-{os.getpid()}-wrong"
        self.path = f"/dev/shm/tagwerk.{self.instance}"
        self.addCleanup(lambda: os.path.exists(self.path) and os.unlink(self.path))

    def opened(self):
        with tagwerk.Table(self.instance) as table:
            return list(table)

    def test_names_that_cannot_be_are_refused(self):
        for name in ("", ".hidden", "../etc/passwd", "a" * 64, "a b", "a\n"):
            with self.subTest(name=name), self.assertRaisesRegex(tagwerk.TableError, "1 to 63"):
                tagwerk.Table(name)
        with self.assertRaisesRegex(tagwerk.TableError, "not by both"):
            tagwerk.Table("a", sysv_key=1)

    def test_missing_empty_short_unfinished_and_foreign_ones_are_told_apart(self):
        with self.assertRaises(tagwerk.NoTable):
            self.opened()
        for content, kind in ((b"", tagwerk.NotReady), (b"short", tagwerk.Damaged), (bytes(8192), tagwerk.NotReady),
                              (b"?" * 8192, tagwerk.Damaged)):
            with self.subTest(content[:8]):
                with open(self.path, "wb") as file:
                    file.write(content)
                with self.assertRaises(kind):
                    self.opened()

    def test_another_version_and_a_replaced_one_are_refused(self):
        with SegmentWriter(self.instance) as writer:
            struct.pack_into("<I", writer.bytes, 8, 2)
            with self.assertRaisesRegex(tagwerk.WrongVersion, "version 2"):
                self.opened()
            struct.pack_into("<I", writer.bytes, 8, 1)
            writer.mark_replaced()
            with self.assertRaises(tagwerk.Replaced):
                self.opened()

    @unittest.skipIf(os.geteuid() != 0, "needs a second user")
    def test_a_reader_outside_mode_and_group_is_told_the_remedy(self):
        with SegmentWriter(self.instance) as writer:
            os.chmod(writer.path, 0o600)
            child = os.fork()
            if child == 0:
                os.setuid(65534)
                with contextlib.suppress(BaseException):
                    try:
                        self.opened()
                    except tagwerk.NoPermission as refused:
                        os._exit(0 if "mode and group" in str(refused) else 2)
                os._exit(1)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)

    def test_damage_anywhere_raises_table_errors_and_nothing_else(self):
        chance = random.Random(1)
        with SegmentWriter(self.instance, slots=8, area=4096) as writer:
            for number in range(6):
                writer.publish({writer.define(f"/Tag{number}", STRING, 32): "some text"})
            sound = bytes(writer.bytes)
            places = [*range(0, 512, 8), *range(writer.buckets, writer.buckets + 128, 8),
                      *range(writer.entries, writer.entries + 512, 8), *range(writer.slots, writer.slots + 512, 8)]
            for _ in range(300):
                writer.bytes[:] = sound
                for place in chance.sample(places, chance.randint(1, 4)):
                    word = chance.choice([0, 1, 2**64 - 1, 2**32 - 1, chance.getrandbits(64)])
                    struct.pack_into("<Q", writer.bytes, place, word)
                with contextlib.suppress(tagwerk.TableError):
                    self.use_everything()

    def use_everything(self):
        with tagwerk.Table(self.instance) as table:
            tags = list(table)
            _ = table.writer, len(table), "/Tag3" in table, table.wait_changed(1, 0)
            for tag in tags:
                with contextlib.suppress(tagwerk.TableError):
                    _ = tag.read().age
            with mock.patch("tagwerk.group.SNAPSHOT_ATTEMPTS", 2), contextlib.suppress(tagwerk.TableError):
                table.read_many(tags)


@unittest.skipUnless(sysv_ipc, "PYTHON3-SYSV-IPC IS NOT INSTALLED")
class SystemV(unittest.TestCase):
    def setUp(self):
        self.key = 0x54000000 | os.getpid() & 0xFFFFFF
        self.writer = self.enterContext(SegmentWriter("test-sysv", sysv_key=self.key))
        self.slot = self.writer.define("/A", STRING, 40)

    def test_it_is_read_by_its_key_with_and_without_the_package(self):
        self.writer.publish({self.slot: "text"})
        for package in (sysv_ipc, None):
            with self.subTest(package=package), mock.patch.object(memory, "sysv_ipc", package):
                with tagwerk.Table(sysv_key=self.key) as table:
                    tag = table.find("/A")
                    self.assertEqual((tag.read().value, table.instance), ("text", "test-sysv"))
                    self.assertEqual(table.read_many([tag])[0].value, "text")
                    self.assertFalse(table.is_removed)
                    self.assertTrue(table.writer.is_alive)
                    with self.assertRaises(TypeError):
                        table._bytes[500] = 1
                    seen = table.wait_changed(0, 0)
                    writing = threading.Timer(0.05, lambda: self.writer.publish({self.slot: "more"}))
                    writing.start()
                    self.assertEqual(table.wait_changed(seen, 30), seen + 1)
                    writing.join()
                    self.writer.publish({self.slot: "text"})
                with self.assertRaises(tagwerk.Closed):
                    tag.read()

    def test_nobody_stays_attached_after_close(self):
        for package in (sysv_ipc, None):
            with mock.patch.object(memory, "sysv_ipc", package):
                with tagwerk.Table(sysv_key=self.key) as table:
                    table.read("/A")
                    self.assertEqual(self.writer.sysv.number_attached, 2)
                self.assertEqual(self.writer.sysv.number_attached, 1)

    def test_without_a_lock_the_heartbeat_tells_in_another_pid_namespace(self):
        self.writer.store(272, 1)
        with tagwerk.Table(sysv_key=self.key) as table:
            self.writer.store(320, time.monotonic_ns())
            self.assertTrue(table.writer.is_alive)
            self.writer.store(320, time.monotonic_ns() - 6_000_000_000)
            self.assertFalse(table.writer.is_alive)

    def test_a_key_of_nobody_and_keys_that_cannot_be_are_named(self):
        with self.assertRaisesRegex(tagwerk.NoTable, "0x7fffff01"):
            tagwerk.Table(sysv_key=0x7FFFFF01)
        for key in (0, -1, 2**32):
            with self.assertRaisesRegex(tagwerk.TableError, "1 to 0xffffffff"):
                tagwerk.Table(sysv_key=key)

    def test_a_removed_segment_is_known_by_those_who_have_it(self):
        with tagwerk.Table(sysv_key=self.key) as table:
            sysv_ipc.remove_shared_memory(self.writer.sysv.id)
            self.assertTrue(table.is_removed)
            self.assertIsNone(table.read("/A").value)
            self.writer.sysv.detach()
            self.writer.sysv = sysv_ipc.SharedMemory(self.key, sysv_ipc.IPC_CREX)  # for the clean-up


@unittest.skipUnless(futex.ORDERS_LOADS, "every test uses fences on this machine")
class OnMachinesThatNeedFences(unittest.TestCase):
    def test_reads_are_the_same(self):
        instance = f"test-python-{os.getpid()}-fence"
        with SegmentWriter(instance) as writer, tagwerk.Table(instance) as table, \
                mock.patch.object(futex, "order_loads", futex.fence):
            writer.publish({writer.define("/A", FLOAT): 2.5})
            tag = table.find("/A")
            self.assertEqual(tag._read_slowly(), tag.read())
            self.assertEqual(table.read_many(["/A"])[0].value, 2.5)


if __name__ == "__main__":
    unittest.main()
