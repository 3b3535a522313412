"""The test suites of run_suites.py. Each returns an Outcome; one that cannot even start raises Broken."""

import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import time
import unittest
import xml.etree.ElementTree as xml

import harness
import signals_plant

TREE = pathlib.Path(__file__).resolve().parent.parent
RESULTS = TREE / "build" / "test-results"
PYTHON = "/usr/bin/python3"
# What the sanitizer suites build; all but the run of their tests can be had beforehand.
CHECKED_BUILDS = {"asan": ("unit_tests", "fuzz_targets"), "tsan": ("unit_tests",)}
IN_CI = os.environ.get("CI", "") not in ("", "0", "false")
TIDY_BUDGET_SECONDS = 100
# Right for the program; a test repeats its random numbers, may copy, and ends with what it throws.
NOT_FOR_TESTS = ("bugprone-random-generator-seed", "bugprone-throwing-static-initialization", "bugprone-unused-return-value",
                 "cppcoreguidelines-virtual-class-destructor", "performance-inefficient-string-concatenation",
                 "performance-inefficient-vector-operation")


@dataclasses.dataclass
class Outcome:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    notes: list = dataclasses.field(default_factory=list)

    def plus(self, other):
        return Outcome(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped,
                       self.notes + other.notes)

    def __iadd__(self, other):
        return self.plus(other)


class Broken(Exception):
    """A suite could not be built or started; the text says why."""


def call(*command, **options):
    """Runs a command to its end with its output on ours; returns its exit code."""
    return subprocess.run([str(word) for word in command], cwd=options.pop("cwd", TREE), check=False,
                          stdin=subprocess.DEVNULL, **options).returncode


def call_and_read(*command, environment, cwd=TREE):
    """As call, and returns what it printed beside the exit code."""
    with subprocess.Popen([str(word) for word in command], cwd=cwd, env={**os.environ, **environment}, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        lines = []
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    return process.returncode, "".join(lines)


class BuildAhead:
    """The sanitizer builds while other suites wait for their servers, browsers and timeouts: they get the processor time
    that is left. Their suites build again, which is then done, and say what could not be built."""

    def __init__(self):
        self.process = None

    def start(self):
        if not shutil.which("clang++-22"):
            return
        RESULTS.mkdir(parents=True, exist_ok=True)
        commands = " && ".join(f"scripts/build {preset} {' '.join(targets)}" for preset, targets in CHECKED_BUILDS.items())
        log = RESULTS / "build-ahead.log"
        print(f"the sanitizer builds go on beside the next suites: {log.relative_to(TREE)}", flush=True)
        with open(log, "w", encoding="utf-8") as output:
            self.process = subprocess.Popen(["chrt", "--idle", "0", "bash", "-c", commands], cwd=TREE,
                                            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)

    def wait(self):
        if self.process:
            self.process.wait()
            self.process = None


BUILD_AHEAD = BuildAhead()


def build(preset, *targets):
    if preset in CHECKED_BUILDS:
        BUILD_AHEAD.wait()
    if call("scripts/build", preset, *targets) != 0:
        raise Broken(f"build/{preset} could not be built")


def not_installed(program, what):
    """A tool this machine cannot have leaves its suite out, loudly; CI has them all and fails."""
    note = f"{program} is not installed: {what} is LEFT OUT"
    return Outcome(failed=1, notes=[note]) if IN_CI else Outcome(skipped=1, notes=[note])


# --- C++ -------------------------------------------------------------------------------------------------------

def read_junit(path):
    """Counts the cases of a JUnit file; a case that did not run, and did not skip itself, has failed."""
    outcome = Outcome()
    for case in xml.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.failed += 1
            print_failure(case)
        elif case.find("skipped") is not None:
            outcome.skipped += 1
        elif case.get("status") in (None, "run"):
            outcome.passed += 1
    return outcome


def print_failure(case):
    said = "\n".join(text for name in ("failure", "error", "system-out") for text in [case.findtext(name)] if text)
    print(f"--- FAILED {case.get('classname')}: {case.get('name')}")
    print("\n".join(said.splitlines()[-80:]))


def ctest(preset, *options, environment=None):
    """Runs test programs, some at a time, because many of them wait; counts what each says of its own tests."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    report, details = RESULTS / f"{preset}.xml", TREE / "build" / preset / "test-results"
    shutil.rmtree(details, ignore_errors=True)
    report.unlink(missing_ok=True)
    call("ctest", "--test-dir", f"build/{preset}", "-j", 2 * (os.cpu_count() or 2), "--timeout", 300,
         "--quiet", "--output-junit", report, *options, env={**os.environ, **(environment or {})})
    if not report.exists():
        raise Broken(f"ctest did not run in build/{preset}")
    outcome = Outcome()
    for program in xml.parse(report).getroot().iter("testcase"):
        outcome += read_program(program, details / f"{program.get('name')}.xml")
    return outcome


def read_program(program, details):
    """What one test program said; one that broke off, or only said that it had not run, has failed."""
    good = program.get("status") == "run" and program.find("failure") is None
    outcome = read_junit(details) if details.exists() else Outcome(passed=good)
    if not good and outcome.failed == 0:
        print_failure(program)
        outcome += Outcome(failed=1, notes=[f"{program.get('name')} did not end well"])
    return outcome


def program():
    """The executable that people run, the C library beside it, and the rules of the house."""
    build("release", "bin/tagwerk", "tagwerk-table")
    return ctest("release", "-L", "architecture")


def unit():
    """The unit tests as optimised as the program. Not among what ./test runs unasked: asan runs the same ones."""
    build("release", "all")
    return ctest("release")


def asan():
    if not shutil.which("clang++-22"):
        return not_installed("clang++-22", "the unit tests under sanitizers")
    build("asan", *CHECKED_BUILDS["asan"])
    return ctest("asan", "-L", "unit|interop", environment={
        "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"})


def tsan():
    if not shutil.which("clang++-22"):
        return not_installed("clang++-22", "the threaded unit tests under ThreadSanitizer")
    build("tsan", *CHECKED_BUILDS["tsan"])
    return ctest("tsan", "-L", "unit",
                 environment={"TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1"})


def coverage():
    build("coverage", "unit_tests")
    for stale in (TREE / "build" / "coverage").rglob("*.gcda"):
        stale.unlink()
    outcome = ctest("coverage", "-L", "unit")
    report = TREE / "build" / "coverage" / "report"
    report.mkdir(exist_ok=True)
    code = call("gcovr", "--root", TREE, "--filter", "src/", "--exclude", r".*_(test|bench)\.cpp",
                "--exclude-throw-branches", "--json-summary", report / "summary.json",
                "--html-details", report / "index.html", "build/coverage")
    for left in TREE.glob("*.gcov"):  # where gcovr works, and what it leaves when it breaks off
        left.unlink()
    if code != 0:
        raise Broken(f"gcovr ended with {code}")
    print_coverage(json.loads((report / "summary.json").read_text()))
    outcome.notes.append(f"line by line: {(report / 'index.html').relative_to(TREE)}")
    return outcome


def print_coverage(summary):
    folders = {}
    for file in summary["files"]:
        sums = folders.setdefault(str(pathlib.PurePath(file["filename"]).parent), [0, 0, 0, 0])
        for index, key in enumerate(("line_covered", "line_total", "branch_covered", "branch_total")):
            sums[index] += file[key]
    print(f"{'folder':<28} {'lines':>13} {'':>5} {'branches':>15}")
    for folder, (lines, all_lines, branches, all_branches) in sorted(folders.items()):
        print(f"{folder:<28} {lines:6} /{all_lines:6} {percent(lines, all_lines)}"
              f" {branches:7} /{all_branches:7} {percent(branches, all_branches)}")


def percent(part, whole):
    return f"{100 * part / whole:4.0f}%" if whole else "    –"


# --- the code as text --------------------------------------------------------------------------------------------

def our_sources():
    return sorted(path.relative_to(TREE) for folder in ("src", "include", "tests", "bench", "fuzz", "clients", "examples")
                  for path in (TREE / folder).rglob("*") if path.suffix in (".c", ".h", ".cpp", ".hpp"))


def code_format():
    if not shutil.which("clang-format-22"):
        return not_installed("clang-format-22", "the formatting check")
    sources, outcome = our_sources(), Outcome()
    if call("clang-format-22", "--dry-run", "--Werror", *sources, stderr=subprocess.DEVNULL) == 0:
        return Outcome(passed=len(sources))
    for path in sources:
        clean = call("clang-format-22", "--dry-run", "--Werror", path, stderr=subprocess.DEVNULL) == 0
        outcome += Outcome(passed=clean, failed=not clean,
                           notes=[] if clean else [f"{path} is not formatted; run clang-format-22 -i {path}"])
    return outcome


def git(*words):
    answer = subprocess.run(["git", *words], cwd=TREE, capture_output=True, text=True, check=False)
    return answer.stdout.strip() if answer.returncode == 0 else ""


def changed_files():
    """What differs from the branch point with main, or on main itself from the commit before."""
    head = git("rev-parse", "HEAD")
    base = next((base for name in ("origin/main", "main") if (base := git("merge-base", "HEAD", name)) and base != head),
                git("rev-parse", "--verify", "--quiet", "HEAD~1"))
    names = git("diff", "--name-only", "--diff-filter=d", base) if base else git("ls-files")
    return [pathlib.Path(name) for name in names.splitlines()]


def tidy():
    """clang-tidy over the changed sources, two at a time, until the time for it is used up; what is left is named."""
    if not shutil.which("clang-tidy-22"):
        return not_installed("clang-tidy-22", "clang-tidy")
    # The release preset compiles several sources as one; the debug preset says how each is compiled.
    if call("bash", "-c", ". scripts/setup.sh && configure debug") != 0:
        raise Broken("build/debug could not be configured")
    compiled = {pathlib.Path(entry["file"]).resolve() for entry in
                json.loads((TREE / "build" / "debug" / "compile_commands.json").read_text())}
    waiting = [path for path in changed_files() if path.suffix == ".cpp" and (TREE / path).resolve() in compiled]
    outcome, running, deadline = Outcome(), [], time.monotonic() + TIDY_BUDGET_SECONDS
    while running or (waiting and time.monotonic() < deadline):
        while waiting and len(running) < 2 and time.monotonic() < deadline:
            running.append(start_tidy(waiting.pop(0)))
        path, process = running.pop(0)
        text, _ = process.communicate()
        clean = process.returncode == 0
        if not clean:
            print(re.sub(r"^\d+ warnings? (generated|treated).*\n", "", text, flags=re.M))
        outcome += Outcome(passed=clean, failed=not clean, notes=[] if clean else [f"clang-tidy objects to {path}"])
    if waiting:
        outcome.notes.append(f"{len(waiting)} changed files not looked at in {TIDY_BUDGET_SECONDS} s: "
                             + " ".join(map(str, waiting)))
    return outcome


def start_tidy(path):
    checks = [f"--checks={','.join('-' + name for name in NOT_FOR_TESTS)}"] \
        if path.stem.endswith("_test") or path.parent.name == "bench" else []
    return path, subprocess.Popen(
        ["clang-tidy-22", "-p", "build/debug", "--quiet", "--extra-arg=-Wno-unknown-warning-option",
         *checks, str(path)],
        cwd=TREE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def fuzz():
    targets = sorted((TREE / "fuzz").glob("*_fuzz.cpp"))
    if not shutil.which("clang++-22"):
        return not_installed("clang++-22", "fuzzing")
    RESULTS.mkdir(parents=True, exist_ok=True)
    report = RESULTS / "fuzz.txt"
    report.unlink(missing_ok=True)
    code = call("fuzz/run", "--report", report)
    verdicts = report.read_text().split() if report.exists() else []
    passed = verdicts.count("passed")
    failed = len(targets) - passed
    return Outcome(passed, max(failed, 1) if code != 0 else failed)


# --- the real program --------------------------------------------------------------------------------------------

def python_tests(folder):
    """Every tests/FOLDER/test_*.py in a process of its own."""
    outcome = Outcome()
    for path in sorted((TREE / "tests" / folder).glob("test_*.py")):
        outcome += python_test_file(path)
    return outcome


def python_test_file(path):
    code, text = call_and_read(PYTHON, "-u", "-B", "-m", "unittest", "-v", path.stem, cwd=path.parent,
                               environment={"PYTHONPATH": f"{TREE / 'tests'}:{path.parent}"})
    return read_unittest(text, code, path)


def read_unittest(text, code, path):
    ran = re.search(r"^Ran (\d+) tests?", text, re.M)
    if not ran:
        return Outcome(failed=1, notes=[f"{path.relative_to(TREE)} ended with {code} before it could count its tests"])
    counts = {word: int(number) for word, number in re.findall(r"(failures|errors|skipped|unexpected successes)=(\d+)",
                                                             text.rsplit("\nRan ", 1)[1])}
    skipped = counts.pop("skipped", 0)
    failed = sum(counts.values())
    if code != 0 and failed == 0:
        failed = 1
    return Outcome(passed=max(0, int(ran.group(1)) - failed - skipped), failed=failed, skipped=skipped)


# --- the web interface -------------------------------------------------------------------------------------------

def web_unit():
    """The interface's own tests and its type check; both need what the release build installed in web/."""
    folder = TREE / "web"
    if not (folder / "node_modules").exists():
        raise Broken("web/node_modules is not there; ./run --build-only makes it")
    report = RESULTS / "web-unit.xml"
    RESULTS.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    code = call("npx", "--no-install", "vitest", "run", "--reporter=default", "--reporter=junit",
                f"--outputFile.junit={report}", cwd=folder)
    if not report.exists():
        raise Broken(f"vitest ended with {code} and no report")
    outcome = read_junit(report)
    if code != 0 and outcome.failed == 0:
        outcome += Outcome(failed=1, notes=[f"vitest ended with {code}"])
    clean = call("npm", "run", "--silent", "check", cwd=folder) == 0
    return Outcome(passed=clean, failed=not clean, notes=[] if clean else ["svelte-check objects"]).plus(outcome)


def web_pages():
    """The pages in a real browser, against a real server with the pump station."""
    files = sorted((TREE / "tests" / "web").glob("*_test.mjs"))
    artifacts = RESULTS / "web"
    artifacts.mkdir(parents=True, exist_ok=True)
    try:
        harness.require_binary()
        with harness.Demo() as demo, harness.Simulator("signals") as signals, \
                harness.Plant(signals_plant.project(signals.port, signals_per_unit=25_000), ready_seconds=60) as large:
            code, text = call_and_read("node", "--test", "--test-reporter=spec", *files, environment={
                "TAGWERK_URL": demo.url, "TAGWERK_LARGE_URL": large.url, "TAGWERK_USER": demo.user,
                "TAGWERK_PASSWORD": demo.password, "TAGWERK_ARTIFACTS": str(artifacts)})
    except unittest.SkipTest as reason:
        return Outcome(skipped=len(files), notes=[str(reason)])
    except (harness.Failed, OSError) as error:
        raise Broken(str(error)) from error
    return read_node_test(text, code).plus(Outcome(notes=[f"screenshots: {artifacts.relative_to(TREE)}"]))


def read_node_test(text, code):
    """Counts what node's test runner says at its end: `ℹ pass 7`."""
    counts = {word: int(number) for word, number in
              re.findall(r"^(?:\S )?(pass|fail|cancelled|skipped) (\d+)$", text, re.M)}
    failed = counts.get("fail", 0) + counts.get("cancelled", 0)
    if code != 0 and failed == 0:
        failed = 1
    return Outcome(counts.get("pass", 0), failed, counts.get("skipped", 0))


# --- long rounds -------------------------------------------------------------------------------------------------

def soaks():
    """NAME -> what runs it: tests/soak/NAME.py, and tests/bare/run."""
    found = {path.stem: path for path in sorted((TREE / "tests" / "soak").glob("*.py"))}
    return {"bare": TREE / "tests" / "bare" / "run", **found}


def soak(name):
    if name not in soaks():
        raise Broken(f"no long round is called {name}; there are {', '.join(soaks())}")
    if name != "bare":
        build("release", "all")
    path = soaks()[name]
    environment = {**os.environ, "PYTHONPATH": str(TREE / "tests")}
    good = call(*([PYTHON, "-B", path] if path.suffix == ".py" else [path]), env=environment) == 0
    return Outcome(passed=good, failed=not good)
