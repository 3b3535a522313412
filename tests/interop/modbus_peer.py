"""What must hold with every Modbus server of others; test_*.py in this folder say which.

The server is polled and written through `tagwerk serve`; a client of python3-pymodbus looks at its registers beside it.
"""

import itertools
import pathlib
import shutil
import struct
import tempfile

import harness
from pymodbus.client import ModbusTcpClient

HERE = pathlib.Path(__file__).resolve().parent
ORDERS = {"ABCD": (0, 1, 2, 3), "CDAB": (2, 3, 0, 1), "BADC": (1, 0, 3, 2), "DCBA": (3, 2, 1, 0)}
FORMATS = {"int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "float32": ">f"}
SAMPLES = {"int16": (-32768, -1, 12345), "uint16": (0, 65535, 4660), "int32": (-2147483648, -70000, 305419896),
           "uint32": (0, 4294967295, 305419896), "float32": (-2.5, 0.0, 123456.0)}
FUNCTION_COUNTS = 930


def registers_of(dtype, order, value):
    """The registers that hold a value, by Python's own idea of bytes."""
    raw = struct.pack(FORMATS[dtype], value)
    mixed = bytes(raw[place % len(raw)] for place in ORDERS[order][:len(raw)]) if len(raw) == 4 else (
        raw[::-1] if order in ("BADC", "DCBA") else raw)
    return [number for (number,) in struct.iter_unpack(">H", mixed)]


class Peer:
    """The process of a server, and a client of its own to look into it."""

    def __init__(self, command):
        self._directory = tempfile.mkdtemp(prefix="tagwerk-peer-")
        self.program = harness.Program(command, pathlib.Path(self._directory) / "peer.log", cwd=HERE)
        self.port = int(self.program.wait_for_line(r"^(\d+)$", 15).group(1))
        self.client = ModbusTcpClient("127.0.0.1", port=self.port, timeout=5)
        self.client.connect()

    def registers(self, address, count):
        return self.client.read_holding_registers(address, count, slave=1).registers

    def coils(self, address, count):
        return self.client.read_coils(address, count, slave=1).bits[:count]

    def functions(self):
        """Function -> how many requests with it came so far (this very one included)."""
        return dict(enumerate(self.registers(FUNCTION_COUNTS, 20)))

    def close(self):
        self.client.close()
        if self.program.is_running:
            self.program.kill()
        shutil.rmtree(self._directory, ignore_errors=True)


class Tags:
    """Collects the tags of a project with one Modbus device."""

    def __init__(self, port):
        self.lines = ["connectors:", f"  peer: {{type: modbus, host: 127.0.0.1, port: {port}, unit: 1, period: 100ms, "
                                     "timeout: 1s}", "tags:"]

    def add(self, path, kind, address, more="", write=True):
        writing = ", write: operator" if write else ""
        self.lines.append(f'  {path}: {{type: {kind}{writing}, source: {{connector: peer, address: "{address}"{more}}}}}')
        return "/" + path

    def text(self):
        return "\n".join(self.lines) + "\n"


class ModbusPeer:
    """Mixed into a TestCase that has start_peer(*options)."""

    @classmethod
    def start_peer(cls, *options):
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        harness.require_binary()
        cls.peer = cls.start_peer()
        cls.addClassCleanup(cls.peer.close)
        tags = Tags(cls.peer.port)
        cls.typed = {}
        for index, (dtype, order) in enumerate(itertools.product(FORMATS, ORDERS)):
            address = 10 + 4 * index
            kind = "float" if dtype == "float32" else "int"
            cls.typed[dtype, order] = (tags.add(f"Typed/{dtype}_{order}", kind, f"HR:{address}",
                                                f", dtype: {dtype}, order: {order}, read_back: true"), address)
        cls.coil = tags.add("Bits/Coil", "bool", "CO:3", ", read_back: true")
        cls.input_bit = tags.add("Bits/Input", "bool", "DI:3", write=False)
        cls.word_bit = tags.add("Bits/Word", "bool", "HR:200", ", dtype: bool, read_back: true")
        cls.inputs = [tags.add(f"Inputs/I{number}", "int", f"IR:{number}", write=False) for number in range(0, 60, 7)]
        cls.scaled = tags.add("Scaled", "float", "HR:210", ", dtype: int16, scale: 0.1, offset: -5, read_back: true")
        cls.row = {number: tags.add(f"Row/R{number}", "int", f"HR:{number}") for number in range(480, 530)}
        cls.broken = tags.add("Broken", "int", "HR:604", write=False)
        cls.nobody = tags.add("Nobody", "int", "HR:640", write=False)
        cls.server = cls.enterClassContext(harness.Plant(tags.text()))
        cls.client = cls.server.client
        cls.client.wait_for_value(cls.word_bit, lambda item: item["quality"] == 0, 15)

    def wait_for(self, path, value):
        return self.client.wait_for_value(path, lambda item: item["quality"] == 0 and item["value"] == value, 5, value)

    def test_every_type_in_every_order_is_read(self):
        for (dtype, order), (path, address) in self.typed.items():
            with self.subTest(dtype=dtype, order=order):
                for value in SAMPLES[dtype]:
                    self.peer.client.write_registers(address, registers_of(dtype, order, value), slave=1)
                    self.wait_for(path, value)

    def test_every_type_in_every_order_is_written_and_read_back(self):
        for (dtype, order), (path, address) in self.typed.items():
            with self.subTest(dtype=dtype, order=order):
                for value in reversed(SAMPLES[dtype]):
                    written = self.client.write(path, value)
                    self.assertTrue(written["ok"], written)
                    self.assertEqual(written["value"], value)
                    wanted = registers_of(dtype, order, value)
                    self.assertEqual(self.peer.registers(address, len(wanted)), wanted)

    def test_what_does_not_fit_a_type_is_not_sent(self):
        before = self.peer.functions()
        for dtype, value in (("int16", 32768), ("uint16", -1), ("uint16", 65536), ("int32", 1 << 31), ("uint32", -1),
                             ("float32", 1e39)):
            refused = self.client.write(self.typed[dtype, "ABCD"][0], value)
            self.assertEqual((refused["ok"], refused["status"]), (False, "BadOutOfRange"), refused)
            self.assertIn(dtype, refused["detail"])
        after = self.peer.functions()
        self.assertEqual([after[code] - before[code] for code in (5, 6, 15, 16)], [0, 0, 0, 0])

    def test_bits_are_read_and_written(self):
        for state in (True, False, True):
            self.assertTrue(self.client.write(self.coil, state)["ok"])
            self.assertEqual(self.peer.coils(3, 1), [state])
            self.wait_for(self.input_bit, state)
            written = self.client.write(self.word_bit, state)
            self.assertTrue(written["ok"], written)
            self.assertEqual(self.peer.registers(200, 1), [int(state)])
        self.peer.client.write_coils(3, [False], slave=1)
        self.wait_for(self.coil, False)

    def test_scaled_values_are_written_in_the_devices_units(self):
        written = self.client.write(self.scaled, 12.3)
        self.assertTrue(written["ok"], written)
        self.assertEqual(self.peer.registers(210, 1), [173])
        self.client.wait_for_value(self.scaled, lambda item: abs(item["value"] - 12.3) < 1e-9, 5)

    def test_input_registers_are_read(self):
        for number, path in zip(range(0, 60, 7), self.inputs):
            self.assertEqual(self.client.wait_for_value(path, lambda item: item["quality"] == 0, 5)["value"], number)

    def test_the_functions_used_are_those_of_the_standard(self):
        before = self.peer.functions()
        self.assertTrue(self.client.write(self.coil, True)["ok"])
        self.assertTrue(self.client.write(self.typed["uint16", "ABCD"][0], 7)["ok"])
        self.assertTrue(self.client.write(self.typed["uint32", "ABCD"][0], 7)["ok"])

        def polled():
            after = self.peer.functions()
            grown = {code for code in after if after[code] > before[code]}
            return grown == {1, 2, 3, 4, 5, 6, 16} or (_ for _ in ()).throw(harness.Failed(f"functions {sorted(grown)}"))
        harness.wait_until(polled, 5, "each of the functions once")

    def test_registers_that_do_not_exist_turn_bad_alone(self):
        for number, path in self.row.items():
            if 500 <= number < 510:
                item = self.client.wait_for_value(path, lambda item: item["status"] == "BadNotReadable", 10)
                self.assertIsNone(item["value"])
            else:
                item = self.client.wait_for_value(path, lambda item: item["quality"] == 0, 10)
                self.assertEqual(item["value"], number)

    def test_other_exceptions_say_what_the_device_says(self):
        self.client.wait_for_value(self.broken, lambda item: item["status"] == "BadDeviceFailure", 10)
        self.client.wait_for_value(self.nobody, lambda item: item["status"] == "BadNoCommunication", 10)
        self.assertEqual(self.client.value(self.word_bit)["status"], "Good")

    def test_a_write_the_device_refuses_has_its_exception_in_the_answer(self):
        refused = self.client.write(self.row[505], 5)
        self.assertEqual((refused["ok"], refused["status"]), (False, "BadNotWritable"), refused)
        self.assertIn("exception 2", refused["detail"])
        self.assertEqual(self.client.value(self.word_bit)["status"], "Good")


class WithoutSingleWrites:
    """A device that knows 15 and 16 but neither 5 nor 6."""

    def test_one_value_is_written_with_functions_15_and_16(self):
        harness.require_binary()
        peer = self.start_peer("--no-single-writes")
        self.addCleanup(peer.close)
        tags = Tags(peer.port)
        coil = tags.add("Coil", "bool", "CO:3", ", read_back: true")
        register = tags.add("Register", "int", "HR:3", ", read_back: true")
        with harness.Plant(tags.text()) as server:
            client = server.client
            client.wait_for_good(2)
            for path, value in ((coil, True), (register, 77)):
                written = client.write(path, value)
                self.assertTrue(written["ok"], written)
            self.assertEqual((peer.coils(3, 1), peer.registers(3, 1)), ([True], [77]))
            functions = peer.functions()
            self.assertEqual([functions[code] for code in (5, 6, 15, 16)], [0, 0, 1, 1])
