#!/usr/bin/env python3
"""What reading costs from Python: bench_read.py INSTANCE [TAGS], or bench_read.py --sysv-key KEY [TAGS].

Prints microseconds per call: the best of seven rounds, which says what the code costs, and the median, which says what
this machine gave it.
"""

import argparse
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import tagwerk  # noqa: E402  (after the path is known)

ROUNDS = 7
ROUND_SECONDS = 0.2


def measure(call):
    """Best and median of the rounds, in microseconds per call."""
    count = 1
    while True:
        started = time.perf_counter()
        for _ in range(count):
            call()
        taken = time.perf_counter() - started
        if taken > ROUND_SECONDS / 4:
            break
        count *= 2
    rounds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(count):
            call()
        rounds.append((time.perf_counter() - started) / count * 1e6)
    return min(rounds), statistics.median(rounds)


def first_of(tags, kinds):
    return next((tag for tag in tags if tag.type in kinds), None)


def measurements(table, count):
    tags = list(table)
    number = first_of(tags, (tagwerk.layout.INT, tagwerk.layout.FLOAT))
    text = first_of(tags, (tagwerk.layout.STRING,))
    some = tags[:count]
    if number:
        yield f"read a number, {number.path}", number.read
        yield "find it by its path", lambda: table.find(number.path)
    if text:
        yield f"read a text, {text.path}", text.read
    if some:
        yield f"read {len(some)} tags of one moment", table.group(some).read
        yield f"read {len(some)} tags one by one", lambda: [tag.read() for tag in some]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("instance", nargs="?")
    parser.add_argument("tags", nargs="?", type=int, default=100)
    parser.add_argument("--sysv-key", type=lambda text: int(text, 0))
    arguments = parser.parse_args()
    with tagwerk.Table(arguments.instance, sysv_key=arguments.sysv_key) as table:
        print(f"{'table ' + table.instance:<48} {'best':>9} {'median':>9}  µs")
        for name, call in measurements(table, arguments.tags):
            best, median = measure(call)
            print(f"{name:<48} {best:9.2f} {median:9.2f}")


if __name__ == "__main__":
    main()
