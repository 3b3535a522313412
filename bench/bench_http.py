"""GET of 100 values that change every second, with a token, beside nginx giving a file of the same size."""

import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile
import time

import harness
import signals_plant
from report import Row, require

SECONDS = 4
ROUNDS = 3
CONNECTIONS = 32
VALUES = 100
SIGNALS = VALUES - 2  # and the counter and the scratch register of the unit
PATHS = "/Unit1/*"

NGINX = """\
daemon off; pid {folder}/pid; error_log {folder}/error; worker_processes auto; user {user};
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; open_file_cache max=10; default_type application/json;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


class Nginx:
    """Serves one file as fast as it can."""

    def __init__(self, body):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tagwerk-bench-"))
        self.folder.chmod(0o755)
        (self.folder / "values").write_bytes(body)
        self.port = harness.free_port()
        self.url = f"http://127.0.0.1:{self.port}/values"
        settings = self.folder / "nginx.conf"
        settings.write_text(NGINX.format(folder=self.folder, port=self.port, user="root"))
        self.process = subprocess.Popen(["nginx", "-c", str(settings)], stderr=subprocess.DEVNULL)

    def __enter__(self):
        client = harness.Client(f"http://127.0.0.1:{self.port}")
        harness.wait_until(lambda: client.request("GET", "/values").status == 200, 10, "nginx")
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder)


def requests_per_second(url, token=None):
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency"]
    if token:
        command += ["-H", f"Authorization: Bearer {token}"]
    said = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    require("Non-2xx" not in said and "Socket errors" not in said, said)
    return float(re.search(r"Requests/sec:\s*([\d.]+)", said).group(1))


def checked_items(client):
    answer = client.get(f"/api/values?path={PATHS}")["items"]
    require(len(answer) == VALUES, f"{len(answer)} values instead of {VALUES}")
    require(all(item["status"] == "Good" for item in answer), "a value is not good")
    return {item["path"]: item["time"] for item in answer}


def rows():
    for program in ("nginx", "wrk"):
        require(shutil.which(program), f"{program} is not installed; apt install nginx-light wrk")
    out = []
    simulator = harness.Simulator("signals").start()
    try:
        with harness.Plant(signals_plant.project(simulator.port, SIGNALS)) as server:
            client = server.client
            client.wait_for_good(4 * VALUES)
            before = checked_items(client)
            target = f"{server.url}/api/values?path={PATHS}"
            body = client.request("GET", f"/api/values?path={PATHS}").body
            with Nginx(body) as nginx:
                ours, peers = [], []
                for _ in range(ROUNDS):
                    ours.append(requests_per_second(target, client.token))
                    peers.append(requests_per_second(nginx.url))
            time.sleep(1.5)
            after = checked_items(client)
            require(all(after[path] > before[path] for path in before), "a value did not change meanwhile")
            median = statistics.median(ours)
            out.append(Row(f"GET {VALUES} values, {len(body):,} bytes", median, "requests/s", statistics.median(peers),
                           "nginx, a file", more_is_better=True, spread=(max(ours) - min(ours)) / median))
    finally:
        simulator.stop()
    return out
