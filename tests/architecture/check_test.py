"""Shows that every rule can fail: a small good tree passes, and each breach put into it is reported."""

import pathlib
import tempfile
import unittest

import check

GOOD_TREE = {
    "src/base/time.hpp": "#pragma once\n#include <string>\n",
    "src/model/path.hpp": '#pragma once\n#include <boost/json.hpp>\n#include "base/time.hpp"\n#include "model/value.hpp"\n',
    "src/model/value.hpp": "#pragma once\n",
    "src/net/http_server.cpp": "#include <boost/beast/http.hpp>\n",
    "src/table/table.cpp": "#include <tagwerk/table.h>\n",
    "src/protocol/modbus/frame.hpp": "#pragma once\n",
    "src/connectors/modbus/poller.cpp": '#include "protocol/modbus/frame.hpp"\n#include "model/path.hpp"\n',
    "include/tagwerk/table.h": "#pragma once\n#include <stdint.h>\n",
    "fuzz/path_fuzz.cpp": '#include "model/path.hpp"\n',
    "fuzz/corpus/path/root": "/\n",
    "web/package-lock.json": '{"packages": {}}\n',
    "docs/manual.md": "Common questions: see /Plant/PumpHouse and /api/values.\n",
}


class EveryRule(unittest.TestCase):
    def breaches_with(self, **changes):
        """The breaches in the good tree after writing `changes` (path -> text) into it."""
        with tempfile.TemporaryDirectory() as folder:
            tree = pathlib.Path(folder)
            for path, text in {**GOOD_TREE, **changes}.items():
                (tree / path).parent.mkdir(parents=True, exist_ok=True)
                (tree / path).write_text(text)
            return check.breaches(tree)

    def assert_one_breach(self, path, text, words):
        found = self.breaches_with(**{path: text})
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(path + ":"), found[0])
        self.assertIn(words, found[0])

    def test_a_good_tree_passes(self):
        self.assertEqual(self.breaches_with(), [])

    def test_looking_up_is_refused(self):
        self.assert_one_breach("src/base/clock.cpp", '\n#include "model/path.hpp"\n', "looks up to model")

    def test_looking_up_through_a_public_header_is_refused(self):
        self.assert_one_breach("src/model/rows.cpp", "#include <tagwerk/table.h>\n", "looks up to table")

    def test_looking_sideways_is_refused(self):
        self.assert_one_breach("src/net/names.cpp", '#include "model/path.hpp"\n', "sideways to model")

    def test_a_public_header_looking_up_is_refused(self):
        self.assert_one_breach("include/tagwerk/exchange.hpp", '#pragma once\n#include "engine/engine.hpp"\n',
                               "looks up to engine")

    def test_an_unknown_public_header_is_refused(self):
        self.assert_one_breach("src/app/main.cpp", "#include <tagwerk/everything.hpp>\n", "public headers")

    def test_a_folder_without_floor_is_refused(self):
        self.assert_one_breach("src/cellar/box.cpp", "int box;\n", "has no floor")

    def test_an_include_of_no_folder_is_refused(self):
        self.assert_one_breach("src/model/tag.cpp", '#include "value.hpp"\n', "in no folder of the house")

    def test_beast_outside_net_is_refused(self):
        self.assert_one_breach("src/servers/http/routes.cpp", "#include <boost/beast/http.hpp>\n", "belongs to src/net")

    def test_a_connector_that_knows_net_is_refused(self):
        self.assert_one_breach("src/connectors/sql/reader.cpp", '#include "net/http_server.hpp"\n',
                               "knows link, protocol and model only")

    def test_a_connector_that_knows_another_connector_is_refused(self):
        self.assert_one_breach("src/connectors/sql/reader.cpp", '#include "connectors/modbus/poller.hpp"\n',
                               "knows link, protocol and model only")

    def test_a_header_without_pragma_once_is_refused(self):
        self.assert_one_breach("src/base/error.hpp", "struct Error;\n", "#pragma once")

    def test_vague_names_are_refused(self):
        for path in ("src/base/utils.cpp", "src/base/string_utils.cpp", "tests/helpers.py", "web/src/common/x.ts",
                     "src/base/misc_test.cpp"):
            with self.subTest(path):
                self.assert_one_breach(path, "\n", "says nothing")

    def test_left_over_notes_are_refused(self):
        for word in ("TO" "DO", "FIX" "ME", "XX" "X"):
            with self.subTest(word):
                self.assert_one_breach("src/base/error.cpp", f"int a;  // {word}: later\n", "left-over")

    def test_paths_of_a_machine_are_refused(self):
        for path in ("/ho" "me/anna/plant", "/wo" "rk/plant", "/ro" "ot/plant"):
            with self.subTest(path):
                self.assert_one_breach("docs/notes.md", f"See {path}.\n", "path of one machine")
                self.assert_one_breach("left_by_a_tool.gcov", f"Graph:{path}/x.gcno\n", "path of one machine")

    def test_download_addresses_in_the_lock_file_are_refused(self):
        self.assert_one_breach("web/package-lock.json", '{"resolved": "ht' 'tps://registry.example/x.tgz"}\n',
                               "download address")

    def test_a_fuzz_target_that_is_never_built_is_refused(self):
        self.assert_one_breach("fuzz/frames.cpp", "int a;\n", "rename this file")

    def test_a_fuzz_target_without_examples_is_refused(self):
        self.assert_one_breach("fuzz/frame_fuzz.cpp", "int a;\n", "no examples")


if __name__ == "__main__":
    unittest.main()
