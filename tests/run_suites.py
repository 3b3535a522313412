#!/usr/bin/python3
"""Runs the test suites and ends with the line `N passed, N failed`. ./test installs what they need and calls this.

A suite is a function that returns an Outcome; SUITES names those of ./test in the order they run.
"""

import argparse
import os
import pathlib
import sys
import time

TREE = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TREE / "tests"))
sys.dont_write_bytecode = True

import suites  # noqa: E402  (after the path is known)
from suites import Outcome  # noqa: E402

SUITES = {
    "program": suites.program,
    "format": suites.code_format,
    "web-unit": suites.web_unit,
    "e2e": lambda: suites.python_tests("e2e"),
    "clients": lambda: suites.python_tests("clients"),
    "manual": lambda: suites.python_tests("manual"),
    "interop": lambda: suites.python_tests("interop"),
    "faults": lambda: suites.python_tests("faults"),
    "crash": lambda: suites.python_tests("crash"),
    "web": suites.web_pages,
    "asan": suites.asan,
    "tsan": suites.tsan,
    "fuzz": suites.fuzz,
    "tidy": suites.tidy,
}
# Only when asked for by name.
MORE_SUITES = {
    "unit": suites.unit,
}


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./test", description="Installs what is missing, builds, runs every test.")
    parser.add_argument("suite", nargs="*", help=f"only these: {', '.join(SUITES | MORE_SUITES)}")
    parser.add_argument("--coverage", action="store_true", help="unit tests only, with a table of coverage per folder")
    parser.add_argument("--keep", action="store_true", help="leave test servers running and print their ports")
    parser.add_argument("--soak", metavar="NAME", help="a long round: " + ", ".join(suites.soaks()))
    parser.add_argument("--asan", action="store_true", help="only the suite asan")
    parser.add_argument("--tsan", action="store_true", help="only the suite tsan")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.suite if name not in SUITES | MORE_SUITES]
    if unknown:
        parser.error(f"no suite is called {', '.join(unknown)}; there are {', '.join(SUITES | MORE_SUITES)}")
    arguments.suite += [name for name in ("asan", "tsan") if getattr(arguments, name)]
    return arguments


def chosen_suites(arguments):
    if arguments.soak:
        return {f"soak {arguments.soak}": lambda: suites.soak(arguments.soak)}
    if arguments.coverage:
        return {"coverage": suites.coverage}
    if arguments.suite:
        return {name: suite for name, suite in (SUITES | MORE_SUITES).items() if name in arguments.suite}
    return SUITES


def run_in_turn(chosen):
    """Yields what became of each. Where all run, the sanitizer builds start as soon as the program is built."""
    for name, suite in chosen.items():
        yield name, *run(name, suite)
        if chosen is SUITES and name == "program":
            suites.BUILD_AHEAD.start()


def run(name, suite):
    """Runs one suite; whatever goes wrong in it counts as one failed test."""
    print(f"\n=== {name}", flush=True)
    started = time.monotonic()
    try:
        outcome = suite()
    except suites.Broken as error:
        outcome = Outcome(failed=1, notes=[str(error)])
    seconds = time.monotonic() - started
    for note in outcome.notes:
        print(f"{name}: {note}")
    skipped = f", {outcome.skipped} skipped" if outcome.skipped else ""
    print(f"=== {name}: {outcome.passed} passed, {outcome.failed} failed{skipped} in {seconds:.0f} s", flush=True)
    return outcome, seconds


def main():
    arguments = parse_arguments()
    if arguments.keep:
        os.environ["TAGWERK_KEEP"] = "1"
    os.chdir(TREE)
    rows = list(run_in_turn(chosen_suites(arguments)))
    print("\nsuite       passed  failed  skipped  seconds")
    for name, outcome, seconds in rows:
        print(f"{name:<11} {outcome.passed:6} {outcome.failed:7} {outcome.skipped:8} {seconds:8.0f}")
    passed = sum(outcome.passed for _, outcome, _ in rows)
    failed = sum(outcome.failed for _, outcome, _ in rows)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
