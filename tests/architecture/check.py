#!/usr/bin/python3
"""Checks a source tree against the rules of the house (rules.py, ARCHITECTURE.md).

usage: check.py [TREE]    prints one line per breach, `file:line: what is wrong; what to do`; exit code 1 if any
"""

import pathlib
import re
import sys

import rules

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
LEFT_OVER = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:work|home/[a-z]\w*|root|Users/\w+)/[\w.]")
DOWNLOAD_ADDRESS = re.compile(r'"resolved"\s*:\s*"https?:')


def files_of(tree):
    """Every file that belongs to the tree, as a path relative to it."""
    found = []
    for path in sorted(tree.iterdir()):
        if path.name in rules.NOT_OURS or path.is_symlink():
            continue
        if path.is_dir():
            found += files_of(path)
        else:
            found.append(path)
    return found


def folder_of(relative):
    """The folder a source counts for: 'protocol/modbus' for src/protocol/modbus/frame.hpp; None outside src."""
    path = relative.as_posix()
    if path.startswith("include/"):
        return rules.PUBLIC_HEADERS.get(path[len("include/"):])
    if not path.startswith("src/"):
        return None
    parts = path.split("/")[1:-1]
    for length in range(len(parts), 0, -1):
        if "/".join(parts[:length]) in rules.FLOORS:
            return "/".join(parts[:length])
    return None


def folder_of_include(name):
    if name.startswith("tagwerk/"):
        return rules.PUBLIC_HEADERS.get(name, "")
    return folder_of(pathlib.PurePosixPath("src") / name) if "/" in name else None


def is_known_to_connectors(folder):
    return any(folder == known or (known.endswith("/") and folder.startswith(known))
               for known in rules.CONNECTORS_KNOW)


def breach_of_include(own, bracket, name):
    """What is wrong with folder `own` including `name`, or None."""
    for prefix, owner in rules.ONLY_IN.items():
        if name.startswith(prefix) and own != owner:
            return f"<{name}> belongs to src/{owner} alone; use what src/{owner} offers"
    if bracket == "<" and not name.startswith("tagwerk/"):
        return None
    other = folder_of_include(name)
    if other == "":
        return f"<{name}> is not in the list of public headers; add it to rules.py"
    if other is None:
        return f'"{name}" is in no folder of the house; write the path from src, as "model/path.hpp"'
    if other == own:
        return None
    if own.startswith("connectors/") and not is_known_to_connectors(other):
        return f"a connector knows link, protocol and model only, not {other}"
    if rules.FLOORS[other] > rules.FLOORS[own]:
        return f"{own} (floor {rules.FLOORS[own]}) looks up to {other} (floor {rules.FLOORS[other]})"
    if rules.FLOORS[other] == rules.FLOORS[own]:
        return f"{own} looks sideways to {other}; both are on floor {rules.FLOORS[own]}"
    return None


def check_includes(relative, lines):
    if relative.suffix not in rules.SOURCE_SUFFIXES or relative.parts[0] not in ("src", "include"):
        return
    own = folder_of(relative)
    if own is None:
        yield 1, "this folder or public header has no floor; give it one in rules.py and ARCHITECTURE.md"
        return
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        wrong = match and breach_of_include(own, *match.groups())
        if wrong:
            yield number, wrong


def check_pragma_once(relative, lines):
    if relative.suffix in (".h", ".hpp") and "#pragma once" not in lines:
        yield 1, "a header starts with #pragma once"


def check_names(relative, lines):
    """Refuses `utils.hpp` and `session_manager/`, but not `common_values.cpp`: the last word says what a thing is."""
    del lines
    for part in relative.parts:
        stem = re.sub(r"_(test|bench|fuzz)$", "", part.split(".")[0].lower())
        if re.split(r"[_-]", stem)[-1] in rules.VAGUE_NAMES:
            yield 1, f"'{part}' says nothing; name the file or folder after what it holds"


def check_left_overs(relative, lines):
    if relative.suffix not in rules.CODE_SUFFIXES:
        return
    for number, line in enumerate(lines, 1):
        if LEFT_OVER.search(line):
            yield number, "a left-over note; do it, or open an issue"


def check_machine_paths(relative, lines):
    del relative
    for number, line in enumerate(lines, 1):
        if MACHINE_PATH.search(line):
            yield number, "a path of one machine; make it relative or ask the environment"


def check_lock_file(relative, lines):
    if relative.name != "package-lock.json":
        return
    for number, line in enumerate(lines, 1):
        if DOWNLOAD_ADDRESS.search(line):
            yield number, "a download address in the lock file; run npm with omit-lockfile-registry-resolved"
            return


def check_fuzz_target(relative, lines):
    """fuzz/CMakeLists.txt builds every *_fuzz.cpp, so a target with another name would silently never run."""
    del lines
    if relative.parts[0] == "fuzz" and relative.suffix == ".cpp" and not relative.stem.endswith("_fuzz"):
        yield 1, "fuzz/CMakeLists.txt builds *_fuzz.cpp only; rename this file"


CHECKS = (check_includes, check_pragma_once, check_names, check_left_overs, check_machine_paths, check_lock_file,
          check_fuzz_target)


def check_corpora(tree):
    """Each fuzz target starts from examples, so that ten seconds reach beyond the first bytes."""
    for target in sorted((tree / "fuzz").glob("*_fuzz.cpp")):
        corpus = tree / "fuzz" / "corpus" / target.stem[:-len("_fuzz")]
        if not corpus.is_dir() or not any(corpus.iterdir()):
            yield f"fuzz/{target.name}:1: no examples; put some into {corpus.relative_to(tree)}/"


def breaches(tree):
    """Every breach in the tree as a sentence `file:line: what; remedy`."""
    own_folder = pathlib.Path(__file__).resolve().parent
    found = []
    for path in files_of(tree):
        content = path.read_bytes()
        if b"\0" in content or path.resolve().parent == own_folder:
            continue
        relative = path.relative_to(tree)
        lines = content.decode(errors="replace").splitlines()
        for check in CHECKS:
            found += [f"{relative}:{number}: {wrong}" for number, wrong in check(relative, lines)]
    return found + list(check_corpora(tree))


def main():
    tree = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = breaches(tree)
    for line in found:
        print(line)
    print(f"{len(found)} breaches of the rules of the house" if found else "the tree keeps the rules of the house")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
