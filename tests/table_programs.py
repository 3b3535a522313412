"""The C programs of tests/crash that write and read tables, built against the library of the program under test."""

import subprocess

import harness
from waiting import Failed

SOURCES = harness.TREE / "tests" / "crash"


def build(name, folder):
    """The program of SOURCES/NAME.c, in `folder`."""
    harness.require_binary()
    libraries = harness.BINARY.parent.parent / "lib"
    program = folder / name
    made = subprocess.run(
        ["cc", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-O2", f"-I{harness.TREE / 'include'}",
         "-o", program, SOURCES / f"{name}.c", libraries / "libtagwerk-table.so", f"-Wl,-rpath,{libraries}"],
        capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise Failed(f"{name}.c does not compile: {made.stderr[-2000:]}")
    return program
