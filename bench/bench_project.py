"""A project of 100,000 tags: check, import, start, tree, one edit."""

import pathlib
import statistics
import subprocess
import tempfile
import time

import harness
from report import Row, require, timed

UNITS, AREAS, SIGNALS = 10, 100, 100
TAGS = UNITS * AREAS * SIGNALS
STARTS = 5
QUESTIONS = 50


def project():
    devices = ", ".join(f"u{unit}: {{unit: {unit}}}" for unit in range(1, UNITS + 1))
    lines = ["connectors:", f"  plc: {{type: modbus, host: 127.0.0.1, port: 1, enabled: false, devices: {{{devices}}}}}",
             "tags:"]
    for unit in range(1, UNITS + 1):
        for number in range(AREAS * SIGNALS):
            lines.append(f"  Plant/Unit{unit}/Area{number // SIGNALS}/Signal{number % SIGNALS}: {{type: float, unit: bar, "
                         f"source: {{connector: plc, device: u{unit}, address: \"IR:{2 * number}\", dtype: float32}}}}")
    return "\n".join(lines) + "\n"


def parse_with_libyaml(file):
    """The peer: the same text read by the C library that Python's yaml wraps, into nothing but events."""
    script = "import sys, yaml\nfor _ in yaml.parse(open(sys.argv[1]), Loader=yaml.CSafeLoader): pass"
    done = subprocess.run(["/usr/bin/python3", "-c", script, str(file)], capture_output=True, text=True, check=False)
    return done.returncode == 0


def good(answer, what):
    require(answer.returncode == 0, f"{what}: {answer.stderr[-300:]}")
    return answer


def latency(question):
    """Median and 99th percentile of a question, in milliseconds."""
    taken = []
    for _ in range(QUESTIONS):
        begin = time.perf_counter()
        question()
        taken.append((time.perf_counter() - begin) * 1e3)
    taken.sort()
    return statistics.median(taken), taken[int(len(taken) * 0.99)]


def measured_edit(client):
    listed = client.get("/api/tags?path=/Plant/Unit1/Area0/Signal0")["items"][0]
    body = {**listed["definition"], "description": "measured"}
    seconds, _, _ = timed(lambda: client.put(f"/api/tags/{listed['id']}", body))
    changed = client.get("/api/tags?path=/Plant/Unit1/Area0/Signal0")["items"][0]
    require(changed["description"] == "measured", "the edit is not there")
    return seconds


def started(server):
    """Seconds from a new process to /readyz saying yes."""
    server.stop()
    begin = time.perf_counter()
    server.restart()
    client = harness.Client(server.url)
    while client.request("GET", "/readyz").status != 200:
        time.sleep(0.005)
    return time.perf_counter() - begin


def rows():
    out = []
    with tempfile.TemporaryDirectory(prefix="tagwerk-bench-") as folder:
        file = pathlib.Path(folder) / "project.yaml"
        file.write_text(project())
        check, _, answer = timed(lambda: harness.tagwerk("check", file, seconds=120))
        require(f"{TAGS} tags" in good(answer, "check").stdout, answer.stdout[-200:])
        peer, _, parsed = timed(lambda: parse_with_libyaml(file))
        out.append(Row(f"check {TAGS:,} tags", check, "s", peer if parsed else None, "s libyaml, parsing alone"))
        with harness.Server(command="serve", data=pathlib.Path(folder) / "data", ready_seconds=60) as server:
            password = pathlib.Path(folder) / "password"
            password.write_text(server.password + "\n")
            remote = ("--url", server.url, "--user", server.user, "--password-file", password)
            first, _, answer = timed(lambda: harness.tagwerk("import", file, *remote, seconds=300))
            require(f"{TAGS + 1} changes" in good(answer, "import").stdout, answer.stdout[-200:])
            out.append(Row("import it into a running server", first, "s", 10, "s allowed"))
            again, _, answer = timed(lambda: harness.tagwerk("import", file, *remote, seconds=300))
            require("no change" in good(answer, "import").stdout, answer.stdout[-200:])
            out.append(Row("import it again: no change", again, "s", 10, "s allowed"))
            client = server.client
            out.append(Row("change one tag over HTTP", measured_edit(client), "s"))
            starts = [started(server) for _ in range(STARTS)]
            median = statistics.median(starts)
            out.append(Row("start until it is ready", median, "s", 1, "s allowed", spread=(max(starts) - min(starts)) / median))
            client = server.client
            harness.wait_until(lambda: client.get("/api/status")["engine"]["tags"] == TAGS, 5, f"{TAGS} tags in the status")
            for path, children in (("/", 1), ("/Plant", UNITS), ("/Plant/Unit5", AREAS), ("/Plant/Unit5/Area50", SIGNALS)):
                node = client.get(f"/api/tree?path={path}&depth=1")
                require(len(node["children"]) == children, f"{path} has {len(node['children'])} children")
                median, p99 = latency(lambda path=path: client.get(f"/api/tree?path={path}&depth=1"))
                out.append(Row(f"tree: open {path} ({children})", median, "ms", 100, "ms seem at once", spread=(p99 - median) / median))
            median, p99 = latency(lambda: client.get("/api/tags?match=unit7%20signal99&limit=50"))
            out.append(Row("find tags by words", median, "ms", 100, "ms seem at once", spread=(p99 - median) / median))
    return out
