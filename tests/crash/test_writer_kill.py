"""kill -9 of whoever writes a table, at any moment: readers see whole values, that it is dead, and the next one going on."""

import random
import unittest

from writer_kill_rig import WriterKillRig

ROUNDS = 10


class WriterKill(unittest.TestCase):
    """./test --soak writer_kill goes on for longer."""

    def test_no_reader_sees_a_torn_or_older_value_and_nothing_that_was_committed_is_lost(self):
        seed = random.randrange(2**32)
        print(f"seed {seed}", flush=True)
        with WriterKillRig(seed) as rig:
            rig.kill(ROUNDS)
            rig.stop()
            print(f"{rig.written} of {ROUNDS} writers died after a batch; {rig.done}")


if __name__ == "__main__":
    unittest.main()
