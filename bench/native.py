"""Builds one of the measuring programs in C++ and reads the rows that it prints."""

import json
import pathlib
import subprocess

from report import Row, Wrong

TREE = pathlib.Path(__file__).resolve().parent.parent


def build(name):
    """The program's path."""
    program = f"bench_{name}"
    built = subprocess.run(["scripts/build", "release", program], cwd=TREE, capture_output=True, text=True, check=False)
    if built.returncode != 0:
        raise Wrong(f"{program} could not be built: {(built.stdout + built.stderr)[-500:]}")
    return TREE / "build" / "release" / "bin" / program


def rows(name, *arguments):
    ran = subprocess.run([build(name), *(str(each) for each in arguments)], capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise Wrong(ran.stderr.strip() or f"{name} ended with {ran.returncode}")
    return [Row(**json.loads(line)) for line in ran.stdout.splitlines()]
