"""Waiting for a condition instead of a time, or for work side by side, and what is raised when it does not come."""

import threading
import time


class Failed(AssertionError):
    """The program did not do what it promises; the text has the end of its log."""


def wait_until(condition, seconds, what):
    """Asks until `condition()` is true and returns its answer. A Failed inside counts as 'not yet'."""
    deadline = time.monotonic() + seconds
    last = None
    while True:
        try:
            last = condition()
            if last:
                return last
        except (Failed, OSError) as error:
            last = error
        if time.monotonic() >= deadline:
            raise Failed(f"waited {seconds:g} s for {what}; last seen: {last!r}")
        time.sleep(0.05)


def side_by_side(works):
    """Runs each of `works`, name -> function, in a thread of its own to its end. One Failed tells what went wrong in which."""
    errors = []

    def run(name, work):
        try:
            work()
        except Exception as error:  # pylint: disable=broad-except  # shown to the caller
            errors.append(f"{name}: {error}")

    threads = [threading.Thread(target=run, args=each) for each in works.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise Failed("\n".join(errors))
