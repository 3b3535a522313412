"""A device of the fault rig that refuses one address after the other: each turns bad alone and comes back by itself."""

import time

from waiting import Failed

# A refused register is asked for again after a minute (connectors/modbus/poll.cpp), some at a time.
RETRY_SECONDS = 60.0
PATIENCE_SECONDS = 3.0


class BadAddresses:
    """The spare tags of one lane. While one of them is refused, and until it is back, only this one may be bad; the rig
    watches the others.
    """

    SPARES = 60

    def __init__(self, rig, lane, way):
        self._lane = lane
        self.spares = [self._path(number) for number in range(self.SPARES)]
        self.watched = {f"/Lane{lane}/Step", f"/Lane{lane}/Scratch", *self.spares}
        self._rig = rig
        self._way = way
        self._turn = 0
        self._mending = {}  # path -> since when it is answered again, the oldest first

    def run(self, rounds, to_the_end):
        """Returns how long those took to come back that did so meanwhile."""
        taken = []
        for _ in range(rounds):
            number = self._turn % self.SPARES
            self._turn += 1
            if self._path(number) in self._mending:
                taken.append(self._wait_until_mended(self._path(number)))
            self._refuse(number)
        while to_the_end and self._mending:
            taken.append(self._wait_until_mended(next(iter(self._mending))))
        return taken

    def _path(self, number):
        return f"/Lane{self._lane}/Spare{number}"

    def _refuse(self, number):
        path = self._path(number)
        self._rig.must_be_good.discard(path)
        self._way.fail("bad address", self._rig.peer.refusing_spare(number))
        self._rig.wait(path, lambda item: item["status"] == self._rig.peer.missing_status, PATIENCE_SECONDS,
                       self._rig.peer.missing_status)
        self._rig.stays_good(f"/Lane{self._lane}/Step", f"a bad {path}")
        self._mending[path] = time.time_ns()
        self._way.heal()

    def _wait_until_mended(self, path):
        healed = self._mending.pop(path)
        self._rig.wait(path, lambda item: item["status"] == "Good", RETRY_SECONDS + PATIENCE_SECONDS,
                       "a Good value of an address that is answered again")
        self._rig.must_be_good.add(path)
        taken = (self._rig.good_since[path] - healed) / 1e9
        if taken > RETRY_SECONDS + PATIENCE_SECONDS:
            raise Failed(f"{path} was Good again only {taken:.1f} s after the device answered")
        return taken
