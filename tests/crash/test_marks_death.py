"""The server dies at some step of writing its files: what the connectors gave it is there once, nothing twice."""

import os
import random
import unittest

from dying import DeathAtStep
from server_kill_rig import ServerKillRig

ROUNDS = int(os.environ.get("TAGWERK_ROUNDS", 5))
# A start changes files about fifty times; after it the marks of what was taken are written every second.
LAST_STEP = 80


class MarksDeath(unittest.TestCase):
    def test_every_poll_arrives_once_wherever_the_server_died(self):
        seed = random.randrange(2**32)
        print(f"seed {seed}", flush=True)
        choose = random.Random(seed)
        with DeathAtStep() as death, ServerKillRig() as rig:
            before = rig.processes()
            for number in range(ROUNDS):
                step = choose.randrange(1, LAST_STEP)
                rig.let_the_server_die(death.environment(step, half=number % 2 == 1, only_in=" serve "))
                rig.wait_for_live_values()
                self.assertEqual(rig.processes(), before, f"the connectors did not live on after step {step}")
            self.assertEqual(rig.faults(), [])


if __name__ == "__main__":
    unittest.main()
