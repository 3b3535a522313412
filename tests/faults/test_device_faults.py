"""Every fault of the table on a device of every connector type: found out, named, over by itself, noticed by nobody else."""

import socket
import unittest

import harness
import resources
from fault_proxy import FaultProxy
from fault_rig import BAD_ADDRESS, FAULTS, PACKETS_LOST, PEERS, FaultRig
from lossy_network import LossyNetwork, LossyWay, Unavailable

ROUNDS = 6
# What buffers and allocators may still take after the first rounds.
GROWTH_KIB = 8 * 1024


class DeviceFaults(unittest.TestCase):
    def test_each_fault_is_found_out_and_over_by_itself_and_nobody_else_notices(self):
        for name in PEERS:
            with self.subTest(connector=name), FaultRig(name) as rig:
                rig.run(2)
                before = rig.settled_resources()
                taken = rig.run(ROUNDS - 2)
                del taken[BAD_ADDRESS]  # found out; back in a minute, which only the long round waits for
                self.assertEqual({fault: len(each) for fault, each in taken.items()},
                                 {fault.name: ROUNDS - 2 for fault in rig.faults if fault.name != BAD_ADDRESS})
                self.assertEqual(resources.growth(before, rig.settled_resources(), GROWTH_KIB), [])
                for fault, each in taken.items():
                    print(f"{name}, {fault}: back after {max(each):.2f} s at most")
                with self.subTest(connector=name, fault=PACKETS_LOST):
                    if rig.left_out:
                        self.skipTest(rig.left_out)
                    self.assertEqual(rig.faults, FAULTS)
                    self.assertGreater(rig.network.lost["data"], 0, "no request was under way when packets were lost")
                    self.assertGreater(rig.network.lost["connects"], 0, "no new connection was tried meanwhile")

    def test_a_fault_that_is_none_is_refused_by_the_proxy(self):
        with FaultProxy(harness.free_port()) as proxy, self.assertRaises(harness.Failed):
            proxy.fail("nothing of the kind")


class PacketsLost(unittest.TestCase):
    """What the fault of this name rests on: the network really drops, in silence, and only what it is told to."""

    def setUp(self):
        try:
            self.network = self.enterContext(LossyNetwork())
        except Unavailable as reason:
            self.skipTest(f"'{PACKETS_LOST}' is LEFT OUT: {reason}")
        listener = self.network.inside(socket.socket)
        self.addCleanup(listener.close)
        listener.bind(("0.0.0.0", 0))
        listener.listen()
        self.port = listener.getsockname()[1]
        self.listener = listener

    def connect(self, lane, seconds=5):
        connection = socket.create_connection((self.network.address(lane), self.port), timeout=seconds)
        self.addCleanup(connection.close)
        return connection

    def test_a_connection_goes_dead_without_a_word_and_goes_on_with_what_was_sent_when_packets_pass_again(self):
        near = self.connect(0)
        far, _ = self.listener.accept()
        self.addCleanup(far.close)
        LossyWay(self.network, 0, self.port).fail("packets lost")
        near.sendall(b"request")
        far.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            far.recv(10)
        self.network.pass_packets_of(self.network.address(0))
        far.settimeout(10)
        self.assertEqual(far.recv(10), b"request")
        self.assertGreater(self.network.lost["data"], 0)

    def test_nobody_answers_a_new_connection_and_another_device_is_reached_all_the_same(self):
        self.network.lose_packets_of(self.network.address(0))
        with self.assertRaises(TimeoutError):
            self.connect(0, seconds=0.3)
        self.assertGreater(self.network.lost["connects"], 0)
        self.connect(1)

    def test_a_fault_that_is_none_is_refused(self):
        with self.assertRaises(harness.Failed):
            LossyWay(self.network, 0, self.port).fail("refuse")


if __name__ == "__main__":
    unittest.main()
