"""The page docs/manual/reverse-proxy.md is true: its lines are given to a real nginx, in front of a real server."""

import getpass
import http.client
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
import urllib.parse

import harness
from certificates import Certificate, shown_certificate
from http_client import Answer

PAGE = harness.TREE / "docs" / "manual" / "reverse-proxy.md"
# Loopback is a network: with addresses of their own, proxy and client can be told apart.
CLIENT = "127.0.0.5"
STRANGER = "127.0.0.6"
NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")

WHOLE = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  include {folder}/site.conf;
}}
"""


def block(language):
    """The one code block of the page in that language."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    assert len(found) == 1, (language, found)
    return found[0]


def replaced(text, changes):
    """Every text to be replaced must be there exactly once, or the test would test something else."""
    for old, new in changes.items():
        assert text.count(old) == 1, (old, text)
        text = text.replace(old, str(new))
    return text


@unittest.skipUnless(NGINX, "NGINX IS NOT INSTALLED: apt-get install nginx-light")
class BehindNginx(unittest.TestCase):
    """nginx and the demo, set up with the lines of the manual."""

    upstream = None  # what stands in place of the manual's proxy_pass; None = a TCP port
    trusted = "[127.0.0.1]"

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="tagwerk-nginx-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.certificate = Certificate(cls.folder)
        settings = cls.folder / "tagwerk.yaml"
        settings.write_text(replaced(block("yaml nginx"), {"[127.0.0.1]": cls.trusted}))
        cls.server = cls.enterClassContext(harness.Demo("--config", settings))
        cls.port = harness.free_port()
        cls.start_nginx()
        cls.url = f"https://127.0.0.1:{cls.port}/tagwerk"
        cls.client = harness.Client(cls.url, trust=cls.certificate.trust).login(cls.server.user, cls.server.password)

    @classmethod
    def start_nginx(cls):
        upstream = cls.upstream(cls.server) if cls.upstream else f"http://127.0.0.1:{cls.server.port}"
        (cls.folder / "site.conf").write_text(replaced(block("nginx"), {
            "listen 443 ssl;": f"listen 127.0.0.1:{cls.port} ssl;",
            "http://127.0.0.1:8080;": f"{upstream};",
            "/etc/ssl/certs/plant.example.pem": cls.certificate.file,
            "/etc/ssl/private/plant.example.key": cls.certificate.key}))
        user = "user root;" if getpass.getuser() == "root" else ""
        (cls.folder / "nginx.conf").write_text(WHOLE.format(folder=cls.folder, user=user))
        nginx = harness.Program([NGINX, "-p", cls.folder, "-c", cls.folder / "nginx.conf"], cls.folder / "nginx.log")
        cls.enterClassContext(nginx)
        harness.wait_until(lambda: shown_certificate(cls.port), 10, "nginx" + nginx.log_tail())

    def ask(self, path, port, secure, source=CLIENT, headers=None, body=None):
        """A request from an address of its own, straight or through nginx."""
        kind, more = (http.client.HTTPSConnection, {"context": self.certificate.trust}) if secure else \
            (http.client.HTTPConnection, {})
        connection = kind("127.0.0.1", port, timeout=10, source_address=(source, 0), **more)
        try:
            connection.request("POST" if body is not None else "GET", path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def through_nginx(self, path, **options):
        return self.ask("/tagwerk" + path, self.port, True, **options)

    def past_nginx(self, path, **options):
        return self.ask("/tagwerk" + path, self.server.port, False, **options)

    def origin_of_login(self, ask, name, **options):
        """Fails a login under a name of its own and reads in the audit where it came from."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", **options.pop("headers", {})}
        body = urllib.parse.urlencode({"username": name, "password": "wrong"})
        self.assertEqual(ask("/login", headers=headers, body=body, **options).status, 401)
        items = self.client.get("/api/audit?limit=100")["items"]
        return next(item["origin"] for item in items if item["user"] == name)

    def test_the_page_and_all_its_files_are_there(self):
        bare = self.ask("/tagwerk", self.port, True)
        self.assertEqual(bare.status, 308)
        self.assertTrue(bare.headers["Location"].endswith("/tagwerk/"), bare.headers["Location"])
        page = self.through_nginx("/", headers={"Accept": "text/html"})
        self.assertEqual(page.status, 200)
        files = re.findall(r'(?:src|href)="\./([^"]+)"', page.body.decode())
        self.assertTrue(files)
        for file in files:
            self.assertEqual(self.through_nginx("/" + file).status, 200, file)
        self.assertEqual(self.through_nginx("/tree", headers={"Accept": "text/html"}).body, page.body)
        self.assertNotEqual(self.ask("/", self.port, True).status, 200)

    def test_the_documentation_knows_the_base_path(self):
        docs = self.through_nginx("/docs")
        self.assertEqual((docs.status, docs.headers["Location"]), (308, "/tagwerk/docs/"))
        self.assertEqual(self.through_nginx("/docs/").status, 200)
        self.assertEqual(json.loads(self.through_nginx("/openapi.json").body)["servers"], [{"url": "/tagwerk"}])

    def test_values_are_read_and_written(self):
        self.client.wait_for_good(40)
        self.assertTrue(self.client.write("/Plant/PumpHouse/SetPoint", 4.2)["ok"])
        self.assertTrue(self.client.get("/api/tree?path=/&depth=2"))

    def test_a_websocket_lives(self):
        with self.client.socket() as live:
            live.subscribe(1, "/Plant/**")
            self.assertTrue(live.receive_op("snapshot")["items"])
            self.assertTrue(live.receive_op("changes")["items"])
            live.send({"op": "write", "id": 2, "items": [{"path": "/Plant/PumpHouse/SetPoint", "value": 4.4}]})
            self.assertTrue(live.receive_op("written")["items"][0]["ok"])

    def test_the_audit_has_the_real_client(self):
        self.assertEqual(self.origin_of_login(self.through_nginx, "through"), f"http {CLIENT}")

    def test_a_header_from_the_client_changes_nothing(self):
        lie = {"X-Forwarded-For": "192.0.2.66", "Forwarded": "for=192.0.2.66;proto=https"}
        self.assertEqual(self.origin_of_login(self.through_nginx, "liar", headers=lie), f"http {CLIENT}")
        self.assertEqual(self.origin_of_login(self.past_nginx, "stranger", source=STRANGER, headers=lie),
                         f"http {STRANGER}")

    def test_browsers_are_told_to_use_https_only_there(self):
        self.assertEqual(self.through_nginx("/healthz").headers["Strict-Transport-Security"], "max-age=31536000")
        self.assertNotIn("Strict-Transport-Security", self.past_nginx("/healthz").headers)

    def test_metrics_are_not_open_to_everybody_behind_it(self):
        self.assertEqual(self.through_nginx("/metrics").status, 401)

    def test_a_large_project_passes(self):
        project = "# " + "x" * (2 << 20) + "\ntags: {}\n"
        answer = self.client.request("POST", "/api/project/import?dry_run=true&name=large.yaml", project,
                                     headers={"Content-Type": "application/yaml"}, seconds=30)
        self.assertEqual(answer.status, 200, answer)


class BehindNginxOnTheUnixSocket(BehindNginx):
    """The same, through the Unix socket as the page says."""

    trusted = "[unix]"

    @classmethod
    def upstream(cls, server):
        told = re.search(r"^    proxy_pass (http://unix:\S+);$", PAGE.read_text(), re.M).group(1)
        return replaced(told, {"/var/lib/tagwerk": server.data})


if __name__ == "__main__":
    unittest.main()
