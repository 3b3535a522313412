#!/usr/bin/python3
"""./test --soak marks_death: tests/crash/test_marks_death.py at every step instead of some; TAGWERK_ROUNDS says at how many."""

import os
import pathlib
import sys
import unittest

os.environ.setdefault("TAGWERK_ROUNDS", "1000")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "crash"))

if __name__ == "__main__":
    unittest.main(module="test_marks_death", verbosity=2)
