#!/usr/bin/python3
"""./test --soak server_kill: kills the server again and again; TAGWERK_ROUNDS says how often (1000), TAGWERK_SEED repeats."""

import os
import random
import sys

from server_kill_rig import ServerKillRig

ROUNDS = int(os.environ.get("TAGWERK_ROUNDS", 1000))
SEED = int(os.environ.get("TAGWERK_SEED", random.randrange(2**32)))
ROUNDS_PER_RIG = 10
PAUSES_SECONDS = (0, 0.3, 1, 2, 5, 20)


def some_rounds(rounds, choose):
    """Kills one server `rounds` times; returns what is wrong with the record then."""
    with ServerKillRig() as rig:
        before = rig.processes()
        for _ in range(rounds):
            pause = choose.choice(PAUSES_SECONDS)
            late = rig.kill_the_server_for(pause)
            rig.wait_for_live_values()
            print(f"back after {pause:g} s; the client was there {late * 1000:.0f} ms after the server", flush=True)
            if rig.processes() != before:
                return [f"connectors {before} became {rig.processes()}"]
        return rig.faults()


def main():
    print(f"{ROUNDS} rounds, seed {SEED}")
    choose = random.Random(SEED)
    for done in range(0, ROUNDS, ROUNDS_PER_RIG):
        faults = some_rounds(min(ROUNDS_PER_RIG, ROUNDS - done), choose)
        if faults:
            print("\n".join(faults))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
