"""The program dies at any step of a change of the configuration: afterwards the old or the new one is there, whole."""

import pathlib
import shutil
import signal
import tempfile
import unittest

import harness
from dying import DeathAtStep, some_of

ROUNDS = 10
BEFORE = """connectors:
  plc: {type: modbus, host: 127.0.0.1, enabled: false}
tags:
""" + "".join(f"  Plant/Tag{i}: {{type: float, source: {{connector: plc, address: \"HR:{i}\"}}}}\n" for i in range(300))
AFTER = BEFORE.replace("type: float", "type: float, unit: bar") + "  Plant/New: {type: int}\n"


class ConfigurationDeath(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="tagwerk-crash-")))
        self.death = self.enterContext(DeathAtStep())
        for name, text in (("before", BEFORE), ("after", AFTER)):
            (self.folder / f"{name}.yaml").write_text(text)
        self.pristine = self.folder / "pristine"
        self.good("import", self.folder / "before.yaml", "--data", self.pristine)
        self.exported = {"before": self.export(self.pristine)}
        changed = self.copy()
        self.good("import", self.folder / "after.yaml", "--data", changed)
        self.exported["after"] = self.export(changed)
        self.assertNotEqual(self.exported["before"], self.exported["after"])

    def good(self, *arguments):
        answer = harness.tagwerk(*arguments)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return answer.stdout

    def export(self, data):
        return self.good("export", "--data", data)

    def copy(self):
        data = self.folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(self.pristine, data)
        return data

    def test_an_import_that_dies_leaves_the_old_project_or_the_new_one_and_can_be_done_again(self):
        steps = self.death.steps("import", self.folder / "after.yaml", "--data", self.copy())
        self.assertGreater(steps, 5)
        seen = set()
        for half in (False, True):
            for step in some_of(steps, ROUNDS):
                with self.subTest(step=step, half=half):
                    data = self.copy()
                    died = self.death.run(step, "import", self.folder / "after.yaml", "--data", data, half=half)
                    self.assertEqual(died.returncode, -signal.SIGKILL, died.stderr)
                    left = self.export(data)
                    self.assertIn(left, self.exported.values())
                    seen.add(left)
                    self.good("import", self.folder / "after.yaml", "--data", data)
                    self.assertEqual(self.export(data), self.exported["after"])
        self.assertEqual(len(seen), 2, "every death left the same")

    def test_a_first_import_that_dies_leaves_a_directory_that_the_next_one_can_use(self):
        data = self.folder / "data"
        steps = self.death.steps("import", self.folder / "before.yaml", "--data", data)
        for step in some_of(steps, ROUNDS):
            with self.subTest(step=step):
                shutil.rmtree(data, ignore_errors=True)
                died = self.death.run(step, "import", self.folder / "before.yaml", "--data", data)
                self.assertEqual(died.returncode, -signal.SIGKILL, died.stderr)
                self.good("import", self.folder / "before.yaml", "--data", data)
                self.assertEqual(self.export(data), self.exported["before"])

    def test_a_backup_that_dies_leaves_none_or_a_whole_one(self):
        steps = self.death.steps("backup", self.folder / "counted", "--data", self.copy())
        target = self.folder / "backup"
        for step in some_of(steps, ROUNDS):
            with self.subTest(step=step):
                target.unlink(missing_ok=True)
                died = self.death.run(step, "backup", target, "--data", self.copy())
                self.assertEqual(died.returncode, -signal.SIGKILL, died.stderr)
                if target.exists():
                    restored = self.folder / "restored"
                    shutil.rmtree(restored, ignore_errors=True)
                    self.good("restore", target, "--data", restored)
                    self.assertEqual(self.export(restored), self.exported["before"])


if __name__ == "__main__":
    unittest.main()
