"""A Modbus TCP device that nobody here knows: python3-pymodbus on a free port, which it prints.

Unit 7. Its display shows 49.8 degrees and 21.5 bar. The temperature is a float32 in the holding registers 100 and 101
with the bytes of each register swapped (BADC), and moves a little all the time; the pressure is in tenths in 102.
"""

import asyncio
import math
import struct
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server.async_io import ModbusTcpServer

UNIT = 7
TEMPERATURE = 100
PRESSURE = 102


def swapped_bytes(value):
    """The two registers of a float32 in order BADC."""
    return [int.from_bytes(pair, "little") for pair in (struct.pack(">f", value)[:2], struct.pack(">f", value)[2:])]


async def measure(registers):
    step = 0
    while True:
        registers.values[TEMPERATURE:TEMPERATURE + 2] = swapped_bytes(49.8 + 0.1 * math.sin(step / 10))
        registers.values[PRESSURE] = 215
        step += 1
        await asyncio.sleep(0.1)


async def main():
    registers = ModbusSequentialDataBlock(0, [0] * 200)
    nothing = ModbusSequentialDataBlock(0, [0] * 10)
    unit = ModbusSlaveContext(di=nothing, co=nothing, hr=registers, ir=nothing, zero_mode=True)
    server = ModbusTcpServer(ModbusServerContext(slaves={UNIT: unit}, single=False), address=("127.0.0.1", 0))
    serving = asyncio.ensure_future(server.serve_forever())
    measuring = asyncio.ensure_future(measure(registers))
    while server.server is None:
        await asyncio.sleep(0.01)
    print(server.server.sockets[0].getsockname()[1], flush=True)
    await asyncio.gather(serving, measuring)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        sys.exit(0)
