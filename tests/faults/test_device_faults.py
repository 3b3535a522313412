"""Every fault of the table on a device of every connector type: found out, named, over by itself, noticed by nobody else."""

import unittest

import harness
from fault_proxy import FaultProxy
from fault_rig import FAULTS, PEERS, FaultRig

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
                self.assertEqual({fault: len(each) for fault, each in taken.items()},
                                 {fault.name: ROUNDS - 2 for fault in FAULTS})
                after = rig.settled_resources()
                for process, (descriptors, resident) in after.items():
                    self.assertLessEqual(descriptors, before[process][0], f"open descriptors of the {process}")
                    self.assertLess(resident - before[process][1], GROWTH_KIB, f"memory of the {process} in KiB")
                for fault, each in taken.items():
                    print(f"{name}, {fault}: back after {max(each):.2f} s at most")

    def test_a_fault_that_is_none_is_refused_by_the_proxy(self):
        with FaultProxy(harness.free_port()) as proxy, self.assertRaises(harness.Failed):
            proxy.fail("nothing of the kind")


if __name__ == "__main__":
    unittest.main()
