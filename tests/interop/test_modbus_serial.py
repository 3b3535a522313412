"""A server of npm's modbus-serial, polled and written."""

import subprocess
import unittest

import harness
from modbus_peer import HERE, ModbusPeer, Peer, WithoutSingleWrites


def start(*options):
    """Installs the package where it is not there yet; the lock file says which."""
    if not (HERE / "node_modules" / "modbus-serial").exists():
        subprocess.run(["npm", "install", "--no-save", "--no-progress", "--loglevel=error"], cwd=HERE, check=True,
                       timeout=120, stdin=subprocess.DEVNULL)
    return Peer(["node", HERE / "modbus_serial_server.mjs", harness.free_port(), *options])


class ModbusSerial(ModbusPeer, unittest.TestCase):
    start_peer = staticmethod(start)


class ModbusSerialWithoutSingleWrites(WithoutSingleWrites, unittest.TestCase):
    start_peer = staticmethod(start)


if __name__ == "__main__":
    unittest.main()
