"""The manual says what is there: its projects pass `tagwerk check`, its examples run, its links lead somewhere.

The word after the language of a code block says what it is:

    ```yaml project       a project file that `tagwerk check` accepts
    ```sh runnable        run against a demo; the blocks of one page run in order in one shell, as a reader would
    ```python runnable    a program of its own; gets the demo's address and a token in its environment
"""

import json
import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import unittest

import harness

PAGES = sorted([harness.TREE / "README.md", *(harness.TREE / "docs" / "manual").glob("*.md")])
TEXTS = sorted([*harness.TREE.glob("*.md"), *(harness.TREE / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```(\w+) (project|runnable)\n(.*?)^```$", re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)")
SCHEME = re.compile(r"[a-z]+:")


def blocks(page, language, mark):
    """Line number and text of each such block of a page."""
    text = page.read_text()
    return [(text.count("\n", 0, found.start()) + 2, found.group(3)) for found in BLOCK.finditer(text)
            if found.group(1, 2) == (language, mark)]


def pages_with(language, mark):
    return [page for page in PAGES if blocks(page, language, mark)]


def prose_of(page):
    """A page without its code blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)


def anchors_of(page):
    """What GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.*)$", prose_of(page), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def run(command, folder, environment=None, text=None):
    return subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, **(environment or {})})


class ManualDemo(harness.Demo):
    """A demo whose administrator is found where the manual says."""

    user = "admin"

    def start(self):
        super().start()
        (self.data / "admin-password").write_text(self.password + "\n")
        return self

    @property
    def instance(self):
        return self.client.get("/api/status")["instance"]


class Projects(unittest.TestCase):
    def test_every_project_of_the_manual_passes_the_check(self):
        self.assertTrue(pages_with("yaml", "project"))
        with tempfile.TemporaryDirectory() as folder:
            for page in pages_with("yaml", "project"):
                for line, text in blocks(page, "yaml", "project"):
                    with self.subTest(f"{page.name}:{line}"):
                        file = pathlib.Path(folder) / "project.yaml"
                        file.write_text(text)
                        checked = harness.tagwerk("check", file)
                        self.assertEqual((checked.returncode, checked.stderr), (0, ""))


class Examples(unittest.TestCase):
    """One demo for all pages; each page has a folder of its own in which the demo's data are `demo-data`."""

    @classmethod
    def setUpClass(cls):
        cls.demo = ManualDemo()
        cls.demo.__enter__()
        cls.addClassCleanup(cls.demo.__exit__, None, None, None)
        cls.demo.client.wait_for_good(40)
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.write_short_name()

    @classmethod
    def write_short_name(cls):
        """`tagwerk` as the manual calls it; the machine may have more tables than the demo's."""
        program = cls.folder / "bin" / "tagwerk"
        program.parent.mkdir()
        program.write_text(
            "#!/bin/bash\n"
            'if [ "$1" = table ] && [ "$2" != ls ]; then\n'
            f'  set -- table "$2" --instance {cls.demo.instance} "${{@:3}}"\n'
            "fi\n"
            f'exec {shlex.quote(str(harness.BINARY))} "$@"\n')
        program.chmod(0o755)

    def folder_of(self, page):
        folder = self.folder / page.stem
        folder.mkdir(exist_ok=True)
        if not (folder / "demo-data").exists():
            (folder / "demo-data").symlink_to(self.demo.data)
        return folder

    @property
    def environment(self):
        return {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "TAGWERK_URL": self.demo.url,
                "PYTHONPATH": str(harness.TREE / "clients" / "python"),
                "TAGWERK_TOKEN": self.demo.client.token}

    def at_the_demo(self, text):
        return text.replace("http://127.0.0.1:8080", self.demo.url)

    def test_the_shell_examples_of_every_page_run(self):
        self.assertTrue(pages_with("sh", "runnable"))
        for page in pages_with("sh", "runnable"):
            with self.subTest(page.name):
                script = "\n".join(text for _, text in blocks(page, "sh", "runnable"))
                environment = {**self.environment, "XDG_CONFIG_HOME": str(self.folder_of(page) / "config"), "TAGWERK_TOKEN": ""}
                ended = run(["bash", "-eux", "-o", "pipefail"], self.folder_of(page), environment,
                            self.at_the_demo(script))
                self.assertEqual(ended.returncode, 0, ended.stdout[-2000:] + ended.stderr[-2000:])
                self.assertNotIn('"ok":false', ended.stdout)

    def test_the_python_examples_of_every_page_run(self):
        self.assertTrue(pages_with("python", "runnable"))
        for page in pages_with("python", "runnable"):
            for line, text in blocks(page, "python", "runnable"):
                with self.subTest(f"{page.name}:{line}"):
                    ended = run(["/usr/bin/python3", "-c", text, self.demo.instance, "/Plant/PumpHouse/Pressure"],
                                self.folder_of(page), self.environment)
                    self.assertEqual(ended.returncode, 0, ended.stderr)
                    self.assertIn("/Plant/PumpHouse/Pressure", ended.stdout)

    def test_the_page_of_the_http_api_names_every_path(self):
        described = json.loads(self.demo.client.request("GET", "/openapi.json").body)["paths"]
        page = (harness.TREE / "docs" / "manual" / "http-api.md").read_text()
        missing = [path for path in described
                   if f"`{path}`" not in page and f"`…/{path.rsplit('/', 1)[1]}`" not in page]
        self.assertEqual(missing, [])


class CommandLine(unittest.TestCase):
    def test_the_page_of_the_commands_names_every_command_and_option(self):
        page = (harness.TREE / "docs" / "manual" / "commands.md").read_text()
        missing = [word for word in self.words_of() if word not in page]
        self.assertEqual(missing, [])

    def words_of(self, *command):
        """Every command and option that `--help` shows, from here down."""
        said = harness.tagwerk(*command, "--help").stdout
        yield from re.findall(r"^  (?:-\w,)?(--[\w-]+)", said, re.M)
        commands = re.search(r"^Subcommands:\n((?:  .*\n)+)", said, re.M)
        for name in re.findall(r"^  (\S+)", commands.group(1), re.M) if commands else []:
            yield " ".join([*command, name])
            yield from self.words_of(*command, name)


class Settings(unittest.TestCase):
    PAGE = harness.TREE / "docs" / "manual" / "configuration.md"

    def known_keys(self):
        return re.findall(r"^([\w.]+) +\S", harness.tagwerk("serve", "--config-keys").stdout, re.M)

    def test_the_page_of_the_configuration_has_a_section_for_every_key_and_no_other(self):
        described = re.findall(r"^### `([\w.]+)`$", self.PAGE.read_text(), re.M)
        self.assertTrue(described)
        self.assertEqual(sorted(described), sorted(self.known_keys()))

    def test_every_settings_file_of_the_manual_is_understood(self):
        for page in PAGES:
            for text in re.findall(r"^```yaml(?: nginx)?\n(.*?)^```$", page.read_text(), re.M | re.S):
                keys = re.findall(r"^(\w+):", text, re.M)
                if page.name in ("configuration.md", "reverse-proxy.md"):
                    known = {key.split(".")[0] for key in self.known_keys()}
                    self.assertEqual([key for key in keys if key not in known], [], page.name)


class Texts(unittest.TestCase):
    def test_every_link_leads_to_a_file_and_a_heading(self):
        broken = []
        for page in TEXTS:
            for target in LINK.findall(prose_of(page)):
                if SCHEME.match(target):
                    continue
                name, _, heading = target.partition("#")
                file = (page.parent / name).resolve() if name else page
                if not file.exists() or (heading and heading not in anchors_of(file)):
                    broken.append(f"{page.relative_to(harness.TREE)}: {target}")
        self.assertEqual(broken, [])

    def test_every_quality_of_the_manual_has_the_code_of_the_program(self):
        known = dict(reversed(pair) for pair in re.findall(
            r'Named\{(0x\w+), "(\w+)"\}', (harness.TREE / "src" / "model" / "quality.cpp").read_text()))
        page = (harness.TREE / "docs" / "manual" / "qualities.md").read_text()
        written = re.findall(r"^\| `(\w+)` \| (0x\w+) \|", page, re.M)
        self.assertTrue(written)
        self.assertEqual([pair for pair in written if known.get(pair[0], "").lower() != pair[1].lower()], [])
        named = re.findall(r"`((?:Good|Uncertain|Bad)[A-Z]\w*)`", page)
        self.assertEqual([name for name in named if name not in known], [])


if __name__ == "__main__":
    unittest.main()
