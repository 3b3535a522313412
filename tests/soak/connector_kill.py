#!/usr/bin/python3
"""./test --soak connector_kill: kills connectors again and again; TAGWERK_ROUNDS says how often (1000), TAGWERK_SEED repeats."""

import os
import random
import sys
import time

import resources
from connector_kill_rig import ConnectorKillRig
from waiting import Failed

ROUNDS = int(os.environ.get("TAGWERK_ROUNDS", 1000))
SEED = int(os.environ.get("TAGWERK_SEED", random.randrange(2**32)))
WARM_UP = 6
# The record of the test's own client makes no difference here; the server's memory does.
GROWTH_KIB = 16 * 1024


def soak():
    with ConnectorKillRig(SEED) as rig:
        rig.kill(WARM_UP)
        before, begin = rig.settled_resources(), time.monotonic()
        taken = sorted(rig.kill(ROUNDS))
        after = rig.settled_resources()
        faults = rig.faults() + resources.growth(before, after, GROWTH_KIB)
    print(f"{len(taken)} kills in {time.monotonic() - begin:.0f} s; back {taken[len(taken) // 2]:.2f} s (median), "
          f"{taken[-1]:.2f} s (longest) after the pause; {rig.lost} polls had not been handed over; "
          f"(descriptors, KiB) before {before}, after {after}")
    return faults


def main():
    print(f"{ROUNDS} rounds, seed {SEED}", flush=True)
    try:
        faults = soak()
    except Failed as error:
        faults = [str(error)]
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
