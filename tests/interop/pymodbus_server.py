"""A Modbus TCP server of python3-pymodbus on a free port, which it prints.

    pymodbus_server.py [--no-single-writes]

Coils and discrete inputs are the same 1,000 bits; holding and input registers start with their number. Register 900
of every table counts the reads that touch it; 500 to 509 do not exist; 604 answers exception 4, 640 exception 11.
Holding registers 930 + n count the requests with function n. --no-single-writes answers 5 and 6 with exception 1.
"""

import asyncio
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.exceptions import NoSuchSlaveException
from pymodbus.factory import ServerDecoder
from pymodbus.server.async_io import ModbusTcpServer

FUNCTION_COUNTS = 930


class Block(ModbusSequentialDataBlock):
    """Sequential registers with a hole, a counter and two that cannot be read."""

    def validate(self, address, count=1):
        return super().validate(address, count) and not (address < 510 and address + count > 500)

    def getValues(self, address, count=1):  # pylint: disable=invalid-name
        if address <= 604 < address + count:
            raise ValueError("this register is broken")
        if address <= 640 < address + count:
            raise NoSuchSlaveException("nobody behind this register")
        if address <= 900 < address + count:
            self.values[900] += 1
        return super().getValues(address, count)


class Unit(ModbusSlaveContext):
    """Counts the functions it was asked for."""

    def count(self, function):
        self.store["h"].values[FUNCTION_COUNTS + function] += 1

    def getValues(self, fc_as_hex, address, count=1):
        if fc_as_hex <= 4:  # the others read what they have just written
            self.count(fc_as_hex)
        return super().getValues(fc_as_hex, address, count)

    def setValues(self, fc_as_hex, address, values):
        self.count(fc_as_hex)
        super().setValues(fc_as_hex, address, values)


def forget_single_writes(decoder):
    """As a device that does not know functions 5 and 6."""
    lookup = getattr(decoder, f"_{ServerDecoder.__name__}__lookup")
    for function in (5, 6):
        del lookup[function]


async def main():
    bits, registers, inputs = Block(0, [0] * 1000), Block(0, list(range(1000))), Block(0, list(range(1000)))
    unit = Unit(di=bits, co=bits, hr=registers, ir=inputs, zero_mode=True)
    for number in range(900, 960):
        registers.values[number] = 0
    server = ModbusTcpServer(ModbusServerContext(slaves=unit, single=True), address=("127.0.0.1", 0))
    if "--no-single-writes" in sys.argv:
        forget_single_writes(server.decoder)
    serving = asyncio.ensure_future(server.serve_forever())
    while server.server is None:
        await asyncio.sleep(0.01)
    print(server.server.sockets[0].getsockname()[1], flush=True)
    await serving


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        sys.exit(0)
