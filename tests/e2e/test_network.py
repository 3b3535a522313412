"""How the server is reached: TLS, --lan, base path, Unix socket, and who is kept out."""

import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest

import harness
from certificates import Certificate, fingerprint_of, shown_certificate, trusting

REFUSED = 1


class Served(unittest.TestCase):
    """A directory for a test's settings and certificates."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def settings(self, text):
        file = self.folder / "tagwerk.yaml"
        file.write_text(text)
        return file

    def serve(self, text, *arguments, **options):
        server = harness.Server("--config", self.settings(text), *arguments, command="serve", **options)
        return self.enterContext(server)

    def part(self, server, name):
        return {part["name"]: part for part in server.client.get("/api/status")["parts"]}[name]


class Tls(Served):
    def setUp(self):
        super().setUp()
        self.certificate = Certificate(self.folder)

    def serve_tls(self, more=""):
        return self.serve(f"tls: {{certificate: {self.certificate.file}, key: {self.certificate.key}{more}}}\n",
                          trust=self.certificate.trust)

    def test_page_api_and_websocket_are_served(self):
        server = self.serve_tls()
        self.assertTrue(server.url.startswith("https://127.0.0.1:"))
        client = server.client
        page = client.request("GET", "/", headers={"Accept": "text/html"})
        self.assertIn(b"<html", page.body)
        self.assertIn("default-src 'self'", page.headers["Content-Security-Policy"])
        self.assertNotIn("Strict-Transport-Security", page.headers)
        self.assertTrue(client.get("/api/status")["ready"])
        with client.socket() as live:
            live.subscribe(1, "/**")
            self.assertEqual(live.receive_op("snapshot")["id"], 1)

    def test_plain_http_is_told_to_use_https(self):
        server = self.serve_tls()
        answer = harness.Client(server.url.replace("https", "http")).request("GET", "/")
        self.assertEqual(answer.status, 400)
        self.assertIn("https://", answer.json()["detail"])

    def shake_hands(self, server, newest):
        context = self.certificate.trust
        context.maximum_version = newest
        context.set_ciphers("ALL:@SECLEVEL=0")
        with socket.create_connection(("127.0.0.1", server.port), 5) as plain, \
                context.wrap_socket(plain, server_hostname="127.0.0.1") as secure:
            return secure.version()

    def test_old_versions_are_refused(self):
        server = self.serve_tls()
        self.assertEqual(self.shake_hands(server, ssl.TLSVersion.TLSv1_3), "TLSv1.3")
        self.assertEqual(self.shake_hands(server, ssl.TLSVersion.TLSv1_2), "TLSv1.2")
        with self.assertRaises((ssl.SSLError, OSError)):
            self.shake_hands(server, ssl.TLSVersion.TLSv1_1)
        strict = self.serve_tls(', min_version: "1.3"')
        with self.assertRaises((ssl.SSLError, OSError)):
            self.shake_hands(strict, ssl.TLSVersion.TLSv1_2)

    def wait_for(self, server, fingerprint):
        harness.wait_until(lambda: shown_certificate(server.port) == fingerprint, 15, "the new certificate")

    def test_a_new_certificate_is_taken_without_a_restart(self):
        server = self.serve_tls()
        with server.client.socket() as live:
            self.assertEqual(shown_certificate(server.port), self.certificate.fingerprint)
            self.certificate.write()
            self.wait_for(server, self.certificate.fingerprint)
            self.certificate.write()
            server.program.process.send_signal(signal.SIGHUP)
            self.wait_for(server, self.certificate.fingerprint)
            live.subscribe(1, "/**")
            self.assertTrue(live.receive_op("snapshot"), "the old connection goes on")
        server.trust = self.certificate.trust
        self.assertEqual(self.part(server, "tls")["state"], "good")

    def test_a_broken_certificate_is_not_taken_and_the_status_says_why(self):
        server = self.serve_tls()
        before = self.certificate.fingerprint
        good = self.certificate.file.read_text()
        self.certificate.file.write_text("no certificate")
        bad = harness.wait_until(lambda: (part := self.part(server, "tls"))["state"] == "bad" and part, 15, "a bad part")
        self.assertIn(str(self.certificate.file), bad["detail"])
        self.assertIn("stays in use", bad["detail"])
        self.assertEqual(shown_certificate(server.port), before)
        self.certificate.file.write_text(good)
        harness.wait_until(lambda: self.part(server, "tls")["state"] == "good", 15, "a good part")

    def test_a_start_with_a_broken_certificate_names_the_file(self):
        self.certificate.key.write_text("no key")
        said = harness.tagwerk("serve", "--data", self.folder / "data", "--http", "127.0.0.1:0", "--config",
                               self.settings(f"tls: {{certificate: {self.certificate.file}, key: {self.certificate.key}}}"))
        self.assertEqual(said.returncode, REFUSED)
        self.assertIn(str(self.certificate.key), said.stderr)

    def test_the_command_line_believes_what_it_is_told_to(self):
        server = self.serve_tls()
        password = self.folder / "password"
        password.write_text(server.password)
        login = ["--user", server.user, "--password-file", password]
        export = ["export", "--url", server.url, *login]
        self.assertEqual(harness.tagwerk(*export, "--ca", self.certificate.file).returncode, 0)
        self.assertEqual(harness.tagwerk(*export, environment={"TAGWERK_CA": str(self.certificate.file)}).returncode, 0)
        self.assertEqual(harness.tagwerk(*export, "--insecure-tls").returncode, 0)
        refused = harness.tagwerk(*export)
        self.assertEqual(refused.returncode, REFUSED)
        self.assertIn("not trusted", refused.stderr)
        self.assertIn("--ca", refused.stderr)


class Lan(Served):
    def start(self, data):
        program = harness.Program([harness.BINARY, "serve", "--lan", "--http", "127.0.0.1:0", "--data", data],
                                  self.folder / "lan.log")
        self.enterContext(program)
        url = program.wait_for_line(harness.READY, 15).group(1)
        return program, url

    def test_it_makes_a_certificate_and_prints_its_fingerprint_and_the_setup_link(self):
        data = self.folder / "data"
        self.addCleanup(harness.remove_table_of, data)
        program, url = self.start(data)
        text = "\n".join(program.output())
        certificate = data / "tls" / "certificate.pem"
        self.assertIn(fingerprint_of(certificate), text)
        self.assertRegex(text, re.escape(url) + r"/setup#[\w-]+")
        self.assertEqual(oct((data / "tls" / "key.pem").stat().st_mode & 0o777), "0o600")
        port = int(url.rsplit(":", 1)[1])
        names = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-ext", "subjectAltName"], check=True,
                               capture_output=True, text=True).stdout
        self.assertIn("DNS:localhost", names)
        self.assertIn("IP Address:127.0.0.1", names)
        self.assertIn(re.search(r"https://\[?([\da-f.:]+?)\]?:\d+$", url).group(1), names.lower())
        trust = trusting(certificate)
        for host in ("127.0.0.1", "localhost"):
            self.assertEqual(harness.Client(f"https://{host}:{port}", trust=trust).request("GET", "/healthz").status, 200)
        program.stop()

        again, _ = self.start(data)
        self.assertEqual(fingerprint_of(certificate), re.search(r"SHA-256 (\S+)", "\n".join(again.output())).group(1))
        self.assertIn(fingerprint_of(certificate), text, "the same as before")
        again.stop()


class KeptOut(Served):
    def test_an_open_address_without_tls_is_refused_with_the_remedies(self):
        for address in ("0.0.0.0:0", "[::]:0", ":0"):
            said = harness.tagwerk("serve", "--http", address, "--data", self.folder / "data")
            self.assertEqual(said.returncode, REFUSED, address)
            for remedy in ("tls:", "--lan", "127.0.0.1", "insecure: true"):
                self.assertIn(remedy, said.stderr)
        self.assertFalse((self.folder / "data").exists())

    def test_it_is_allowed_when_it_is_called_insecure(self):
        server = self.serve("insecure: true\n", http="0.0.0.0:0")
        self.assertRegex(server.url, r"^http://")
        self.assertEqual(harness.Client(f"http://127.0.0.1:{server.port}").request("GET", "/healthz").status, 200)
        self.assertIn("plain HTTP", server.program.log_tail(200))

    def test_a_stranger_who_sends_much_hears_401_before_it_is_read(self):
        server = self.serve("")
        with socket.create_connection(("127.0.0.1", server.port), 10) as stranger:
            stranger.sendall(b"POST /api/project/import HTTP/1.1\r\nHost: a\r\nContent-Length: 15000000\r\n\r\n")
            self.assertTrue(stranger.recv(100).startswith(b"HTTP/1.1 401 "))

    def test_a_misspelt_key_is_answered_with_the_nearest(self):
        said = harness.tagwerk("serve", "--config", self.settings("trusted_proxys: []\n"), "--data", self.folder / "data")
        self.assertEqual(said.returncode, REFUSED)
        self.assertRegex(said.stderr, r"tagwerk\.yaml:1:1: unknown key 'trusted_proxys'; did you mean 'trusted_proxies'\?")


class UnixSocket(Served):
    def test_it_has_the_api_and_is_for_owner_and_group(self):
        server = self.serve("")
        path = server.data / "run" / "http.sock"
        self.assertEqual(oct(path.stat().st_mode & 0o777), "0o660")
        said = subprocess.run(["curl", "-sS", "--unix-socket", path, "http://localhost/healthz"], check=True,
                              capture_output=True, text=True)
        self.assertEqual(said.stdout, '{"status":"ok"}')
        password = self.folder / "password"
        password.write_text(server.password)
        export = harness.tagwerk("export", "--url", f"unix:{path}", "--user", server.user, "--password-file", password)
        self.assertEqual((export.returncode, export.stderr), (0, ""))

    def test_a_long_path_has_its_sockets_below_tmp(self):
        data = self.folder / ("x" * 60) / ("y" * 60)
        server = self.serve("", data=data)
        instance = server.client.get("/api/status")["instance"]
        folder = pathlib.Path(f"/tmp/tagwerk-{instance}")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.assertEqual(oct(folder.stat().st_mode & 0o777), "0o700")
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(folder / "http.sock"))
        connection.request("GET", "/healthz")
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()


class BasePath(Served):
    def test_the_page_works_below_it(self):
        if not shutil.which("node") or not (harness.TREE / "web" / "node_modules").exists():
            self.skipTest("THE PAGE CANNOT BE TRIED: node or web/node_modules is not there")
        demo = self.enterContext(harness.Demo("--config", self.settings("base_path: /plants/north\n")))
        self.assertTrue(demo.url.endswith("/plants/north"))
        ended = subprocess.run(
            ["node", "--test", "--test-name-pattern=refuses a wrong password|connectors and their devices|live values below",
             harness.TREE / "tests" / "web" / "interface_test.mjs"], capture_output=True, text=True, timeout=180, check=False,
            env={**os.environ, "TAGWERK_URL": demo.url, "TAGWERK_USER": demo.user, "TAGWERK_PASSWORD": demo.password,
                 "TAGWERK_ARTIFACTS": str(self.folder)})
        self.assertEqual(ended.returncode, 0, ended.stdout[-3000:] + ended.stderr[-2000:])
        self.assertGreaterEqual(int(re.search(r"pass (\d+)", ended.stdout).group(1)), 3, ended.stdout[-3000:])


if __name__ == "__main__":
    unittest.main()
