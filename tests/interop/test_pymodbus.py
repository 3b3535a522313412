"""A server of python3-pymodbus, polled and written."""

import unittest

from modbus_peer import HERE, ModbusPeer, Peer, WithoutSingleWrites


def start(*options):
    return Peer(["/usr/bin/python3", HERE / "pymodbus_server.py", *options])


class Pymodbus(ModbusPeer, unittest.TestCase):
    start_peer = staticmethod(start)


class PymodbusWithoutSingleWrites(WithoutSingleWrites, unittest.TestCase):
    start_peer = staticmethod(start)


if __name__ == "__main__":
    unittest.main()
