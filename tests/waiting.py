"""Waiting for a condition instead of a time, and what is raised when it does not come."""

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
