"""kill -9 of the server costs no poll: its connectors collect on, and hand over when it is back."""

import unittest

from server_kill_rig import CONNECTORS, ServerKillRig


class ServerKill(unittest.TestCase):
    def after_kills(self, pauses):
        with ServerKillRig() as rig:
            before = rig.processes()
            for pause in pauses:
                rig.kill_the_server_for(pause)
                rig.wait_for_live_values()
                self.assertEqual(rig.processes(), before, "a connector was replaced instead of adopted")
            states = rig.server.client.connectors()
            self.assertEqual([states[name]["restarts"] for name in CONNECTORS], [0, 0])
            self.assertEqual([states[name]["dropped"] for name in CONNECTORS], [0, 0])
            self.assertEqual(rig.faults(), [])

    def test_every_poll_of_twenty_seconds_without_server_arrives_once(self):
        self.after_kills([20])

    def test_three_kills_in_a_row_lose_and_double_nothing(self):
        self.after_kills([3, 4, 5])

    def test_a_server_that_is_back_at_once_loses_and_doubles_nothing(self):
        self.after_kills([0, 0, 0])


if __name__ == "__main__":
    unittest.main()
