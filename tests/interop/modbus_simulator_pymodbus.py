"""Reads and writes the simulated pump station with pymodbus: modbus_simulator_pymodbus.py PORT

Prints what differs and exits with 1, or exits with 0.
"""

import struct
import sys

from pymodbus.client import ModbusTcpClient
from pymodbus.pdu import ExceptionResponse


def float_of(registers):
    return struct.unpack(">f", struct.pack(">HH", *registers))[0]


def registers_of(number):
    return list(struct.unpack(">HH", struct.pack(">f", number)))


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: got {got}, wanted {wanted}")


def main():
    client = ModbusTcpClient("127.0.0.1", port=int(sys.argv[1]), timeout=5)
    expect("connect", client.connect(), True)

    inputs = client.read_input_registers(0, 22, slave=1)
    expect("pressure in range", 0 <= float_of(inputs.registers[0:2]) < 9, True)
    expect("discrete inputs", len(client.read_discrete_inputs(0, 7, slave=1).bits), 8)

    set_point = client.write_registers(10, registers_of(5.25), slave=1)
    expect("write of the set point", set_point.isError(), False)
    expect("set point", float_of(client.read_holding_registers(10, 2, slave=1).registers), 5.25)

    client.write_register(100, 2, slave=1)
    expect("mode", client.read_holding_registers(100, 1, slave=1).registers, [2])
    client.mask_write_register(address=100, and_mask=0xFFFE, or_mask=0x0000, slave=1)
    client.write_coil(102, True, slave=1)
    expect("coil", client.read_coils(102, 1, slave=1).bits[0], True)
    client.write_coils(102, [False, True], slave=1)
    expect("coils", client.read_coils(102, 2, slave=1).bits[:2], [False, True])

    both = client.readwrite_registers(
        read_address=12, read_count=2, write_address=12, write_registers=registers_of(3.0), slave=1
    )
    expect("read/write", float_of(both.registers), 3.0)

    for what, answer, code in (
        ("unknown address", client.read_holding_registers(5000, 1, slave=1), 2),
        ("out of range", client.write_registers(10, registers_of(99.0), slave=1), 3),
        ("unknown unit", client.read_holding_registers(10, 2, slave=7), 11),
    ):
        expect(what, isinstance(answer, ExceptionResponse) and answer.exception_code, code)
    client.close()


if __name__ == "__main__":
    main()
