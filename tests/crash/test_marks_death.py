"""The server dies at some step of writing its files: what the connectors gave it is there once, nothing twice."""

import signal
import unittest

import harness
import signals_plant
from dying import DeathAtStep, some_of
from server_kill_rig import ServerKillRig
from waiting import wait_until

# A start changes files about fifty times; after it the marks of what was taken are written every second.
STEPS_OF_A_START = 50
MARKS = "/marks.sqlite"
SAVES = 2
SERVER = " serve "


class MarksDeath(unittest.TestCase):
    """TAGWERK_ROUNDS, or ./test --soak marks_death, for all steps."""

    def setUp(self):
        self.death = self.enterContext(DeathAtStep())

    def let_die(self, rig, step, **options):
        rig.replace_the_server(self.death.environment(step, only_in=SERVER, **options))
        self.assertEqual(rig.wait_for_the_end(), -signal.SIGKILL)
        rig.start_again()
        rig.wait_for_live_values()

    def test_every_poll_arrives_once_wherever_the_server_died(self):
        with ServerKillRig() as rig:
            before = rig.processes()
            for number, step in enumerate(some_of(STEPS_OF_A_START, 2)):
                with self.subTest(step=step):
                    self.let_die(rig, step, half=number % 2 == 1)
                    self.assertEqual(rig.processes(), before, "the connectors did not live on")
            self.assertEqual(rig.faults(), [])

    def test_every_poll_arrives_once_whichever_change_of_the_marks_the_server_died_at(self):
        with ServerKillRig() as rig:
            before = rig.processes()
            steps = self.steps_of_some_saves(rig)
            self.assertGreater(steps, 3 * SAVES, "the marks are not written")
            chosen = some_of(steps, 4)
            print(f"{len(chosen)} of {steps} steps", flush=True)
            for number, step in enumerate(chosen):
                with self.subTest(step=step):
                    self.let_die(rig, step, half=number % 2 == 1, file=MARKS)
                    self.assertEqual(rig.processes(), before, "the connectors did not live on")
            self.assertEqual(rig.faults(), [])

    def steps_of_some_saves(self, rig):
        """From the start of a server until it has saved the marks some times."""
        rig.replace_the_server(self.death.environment(0, only_in=SERVER, file=MARKS)).wait_for_line(harness.READY, 15)
        log = rig.server.data / "marks.sqlite-wal"
        for _ in range(SAVES):
            saved = log.stat().st_mtime_ns
            wait_until(lambda: log.stat().st_mtime_ns != saved, 5, "the marks to be saved")  # pylint: disable=cell-var-from-loop
        return self.death.counted

    def test_every_poll_arrives_once_when_the_server_dies_while_it_stops(self):
        with ServerKillRig() as rig:
            steps = self.stop(rig, 0)
            self.assertGreater(steps, 3, "the marks are not written at the end")
            chosen = some_of(steps, 2)
            print(f"{len(chosen)} of {steps} steps", flush=True)
            for step in chosen:
                with self.subTest(step=step):
                    self.stop(rig, step)
            self.assertEqual(rig.faults(), [])

    def stop(self, rig, step):
        """SIGTERM for a server that dies at this step from then on, or ends well when it was through before. Then a good one
        runs again. Returns the number of steps there were."""
        stopping = self.death.folder / "stopping"
        stopping.unlink(missing_ok=True)
        server = rig.replace_the_server(self.death.environment(step, only_in=SERVER, file=MARKS, when=stopping))
        server.wait_for_line(harness.READY, 15)
        rig.wait_for_live_values()
        stopping.touch()
        server.process.send_signal(signal.SIGTERM)
        code, steps = rig.wait_for_the_end(), self.death.counted
        self.assertEqual(code, -signal.SIGKILL if step == steps else 0, f"at step {step} of {steps}")
        rig.start_again()
        rig.wait_for_live_values()
        return steps

    def test_a_first_start_that_dies_while_it_makes_the_marks_leaves_what_the_next_one_can_use(self):
        with harness.Simulator("signals") as simulator:
            project = signals_plant.project(simulator.port, signals_per_unit=0)
            for step in some_of(self.steps_of_a_first_start(project), 2):
                with self.subTest(step=step):
                    server = harness.Plant(project)
                    dying = server.launch(self.death.environment(step, only_in=SERVER, file=MARKS))
                    wait_until(lambda: not dying.is_running, 15, "the server to die")  # pylint: disable=cell-var-from-loop
                    dying.stop(expected=-signal.SIGKILL)
                    server.kill_all()
                    with server.start() as server:
                        server.client.wait_for_good(2 * len(signals_plant.UNITS), 15)

    def steps_of_a_first_start(self, project):
        with harness.Plant(project, environment=self.death.environment(0, only_in=SERVER, file=MARKS)):
            steps = self.death.counted
        self.assertGreater(steps, 2, "the marks' file is not made")
        print(f"{steps} steps", flush=True)
        return steps


if __name__ == "__main__":
    unittest.main()
