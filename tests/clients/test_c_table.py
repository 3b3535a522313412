"""libtagwerk-table as a stranger uses it: installed, found by pkg-config, compiled as C; the example reads both segments of
a real server, and a writer at full speed tears nothing."""

import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import harness

sys.path.insert(0, str(harness.TREE / "clients" / "python"))

import tagwerk  # noqa: E402  (after the path is known)
from demo_segments import demo_with_both_segments  # noqa: E402

BUILD = harness.BINARY.parent.parent
EXAMPLE = harness.TREE / "examples" / "table" / "read_table.c"
WRITER = pathlib.Path(__file__).resolve().with_name("restless_writer.c")


def run(*command, environment=None):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, **(environment or {})})


class Installed(unittest.TestCase):
    """The component `table`, installed into a directory of its own."""

    @classmethod
    def setUpClass(cls):
        harness.require_binary()
        cls.prefix = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="tagwerk-")))
        cls.must(run("cmake", "--install", BUILD, "--component", "table", "--prefix", cls.prefix))
        description = next(cls.prefix.rglob("tagwerk-table.pc"))
        cls.environment = {"PKG_CONFIG_PATH": str(description.parent), "LD_LIBRARY_PATH": str(description.parent.parent)}
        cls.example = cls.compile(EXAMPLE)
        cls.writer = cls.compile(WRITER)

    @classmethod
    def must(cls, ended):
        if ended.returncode != 0:
            raise harness.Failed(f"{ended.args} ended with {ended.returncode}\n{ended.stdout}{ended.stderr}")
        return ended.stdout

    @classmethod
    def compile(cls, source):
        flags = cls.must(run("pkg-config", "--cflags", "--libs", "tagwerk-table", environment=cls.environment)).split()
        program = cls.prefix / source.stem
        cls.must(run("gcc", "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O2",
                     "-o", program, source, *flags))
        return program

    def read(self, *words):
        return run(self.example, *words, environment=self.environment)


class Library(Installed):
    def test_it_exports_the_functions_of_the_header_and_nothing_else(self):
        header = (harness.TREE / "include" / "tagwerk" / "table.h").read_text()
        library = next(self.prefix.rglob("libtagwerk-table.so"))
        exported = {line.split()[-1].split("@")[0] for line in
                    self.must(run("nm", "-D", "--defined-only", library)).splitlines() if " T " in line}
        self.assertTrue(exported)
        for name in exported:
            self.assertRegex(header, rf"\b{name}\(")
        for line in header.splitlines():
            if line.startswith(("int tagwerk", "void tagwerk", "uint32_t tagwerk", "const char* tagwerk")):
                self.assertIn(line.split("(")[0].split()[-1].lstrip("*"), exported)

    def test_the_example_says_how_it_is_called_and_what_is_missing(self):
        self.assertEqual(self.read().returncode, 2)
        nobody = self.read("no-such-instance", "/A")
        self.assertEqual(nobody.returncode, 1)
        self.assertIn("no-such-instance", nobody.stderr)
        self.assertIn("0x7fffff02", self.read("0x7fffff02", "/A").stderr)


class RealServer(Installed):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = 0x57000000 | os.getpid() & 0xFFFFFF
        _, cls.instance = cls.enterClassContext(demo_with_both_segments(cls.key))

    def test_the_example_reads_both_segments(self):
        for where in (self.instance, f"{self.key:#x}"):
            with self.subTest(where):
                ended = self.read(where, "/Plant/PumpHouse/Pressure", "/Plant/PumpHouse/Pump1/Running")
                self.assertEqual((ended.returncode, ended.stderr), (0, ""))
                self.assertRegex(ended.stdout, r"\A/Plant/PumpHouse/Pressure \d+\.\d+ quality 00000000\n"
                                               r"/Plant/PumpHouse/Pump1/Running (true|false) quality 00000000\n\Z")
                self.assertIn("/No/Such", self.read(where, "/No/Such").stderr)


class FullSpeed(Installed):
    """The writer is C and the reader is Python, so the reader is overtaken all the time."""

    TAGS = 100
    READS = 300

    def test_a_python_reader_sees_nothing_torn(self):
        instance, key = f"test-full-speed-{os.getpid()}", 0x58000000 | os.getpid() & 0xFFFFFF
        self.addCleanup(harness.tagwerk, "table", "rm", "--instance", instance)
        with subprocess.Popen([self.writer, instance, str(self.TAGS), hex(key)], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True, env={**os.environ, **self.environment}) as writer:
            self.assertEqual(writer.stdout.readline(), "writing\n")
            with tagwerk.Table(instance) as posix, tagwerk.Table(sysv_key=key) as sysv:
                for table in (posix, sysv):
                    self.look(table)
            writer.stdin.close()
            self.assertEqual(writer.wait(30), 0)

    def look(self, table):
        tags = list(table)
        group = table.group(tags)
        last = 0
        for _ in range(self.READS):
            for tag in tags:
                with contextlib.suppress(tagwerk.Unsteady):
                    self.assert_whole(tag.read())
            with contextlib.suppress(tagwerk.Unsteady):
                values = group.read()
                self.assertEqual(len({value.value for value in values}), 1, "values of two batches")
                self.assert_whole(values[0])
                self.assertGreaterEqual(values[0].value, last)
                last = values[0].value

    def assert_whole(self, value):
        self.assertEqual((value.source_time_ns, value.server_time_ns, value.quality), (value.value, value.value, 0))


if __name__ == "__main__":
    unittest.main()
