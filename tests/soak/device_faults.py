#!/usr/bin/python3
"""./test --soak device_faults: every fault of the table many times; TAGWERK_ROUNDS says how often (1000)."""

import os
import sys
import time

import resources
from fault_rig import PEERS, FaultRig
from waiting import Failed

ROUNDS = int(os.environ.get("TAGWERK_ROUNDS", 1000))
LANES_PER_FAULT = 5
GROWTH_KIB = 16 * 1024


def soak(peer):
    with FaultRig(peer, LANES_PER_FAULT) as rig:
        rig.run(LANES_PER_FAULT)
        before, begin = rig.settled_resources(), time.monotonic()
        taken = rig.run(ROUNDS, to_the_end=True)
        after = rig.settled_resources()
    print(rig.left_out or f"packets: {rig.network.passed} passed, lost {dict(rig.network.lost)}")
    for fault, seconds in taken.items():
        seconds.sort()
        print(f"{peer}, {fault}: {len(seconds)} rounds; back after {seconds[len(seconds) // 2]:.2f} s (median), "
              f"{seconds[-1]:.2f} s (longest)")
    print(f"{time.monotonic() - begin:.0f} s; (descriptors, KiB) before {before}, after {after}")
    return resources.growth(before, after, GROWTH_KIB)


def main():
    failed = False
    for peer in PEERS:
        try:
            faults = soak(peer)
        except Failed as error:
            faults = [str(error)]
        failed = failed or bool(faults)
        print("\n".join(faults))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
