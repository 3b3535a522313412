"""A writer process for tests: restless_writer.py INSTANCE TAGS DUTY [SYSV_KEY]. Publishes all its tags with one number in
every batch, round and round, and rests so long that DUTY (0 to 1) of its time is work. Says "writing" once; ends when
its input does."""

import select
import sys
import time

from segment_writer import INT, STRING, SegmentWriter


def main(instance, tags, duty, key=None):
    with SegmentWriter(instance, slots=int(tags), area=1 << 20, sysv_key=int(key, 0) if key else None) as writer:
        slots = [writer.define(f"/T{number}", STRING if number % 4 == 3 else INT, 32) for number in range(int(tags))]
        number = 0
        publish_all(writer, slots, number)
        print("writing", flush=True)
        while not select.select([sys.stdin], [], [], 0)[0]:
            started = time.perf_counter()
            number += 1
            publish_all(writer, slots, number)
            if float(duty) < 1:
                time.sleep((time.perf_counter() - started) * (1 / float(duty) - 1))


def publish_all(writer, slots, number):
    """A text is its number again and again, with a length that changes."""
    writer.publish({slot: f"{number}," * (number % 4 + 1) if slot % 4 == 3 else number for slot in slots},
                   times=(number, number))


if __name__ == "__main__":
    main(*sys.argv[1:])
