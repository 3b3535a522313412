#!/usr/bin/python3
"""./test --soak writer_kill: kills writers of a table; TAGWERK_ROUNDS says how often (1000), TAGWERK_SEED repeats."""

import os
import random
import sys
import time

from waiting import Failed
from writer_kill_rig import WriterKillRig

ROUNDS = int(os.environ.get("TAGWERK_ROUNDS", 1000))
SEED = int(os.environ.get("TAGWERK_SEED", random.randrange(2**32)))


def main():
    print(f"{ROUNDS} rounds, seed {SEED}", flush=True)
    begin = time.monotonic()
    try:
        with WriterKillRig(SEED) as rig:
            taken = sorted(rig.kill(ROUNDS))
            rig.stop()
    except Failed as error:
        print(error)
        return 1
    print(f"{ROUNDS} kills in {time.monotonic() - begin:.0f} s, {rig.written} of them after a batch; the next writer's first "
          f"batch {taken[len(taken) // 2] * 1000:.0f} ms (median), {taken[-1] * 1000:.0f} ms (longest) after its start")
    for reader, done in rig.done.items():
        print(f"{reader}: {done}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
