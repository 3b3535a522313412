"""What a benchmark says: figures beside a peer or a limit of the same run, as one table."""

import dataclasses
import os
import statistics
import time


@dataclasses.dataclass
class Row:
    """One figure. `against` is a peer or limit in the same unit; a ratio above 1 is better than it."""
    what: str
    figure: float
    unit: str
    against: float | None = None
    peer: str = ""
    more_is_better: bool = False
    spread: float | None = None  # (largest - smallest) / median

    @property
    def ratio(self):
        if self.against is None:
            return None
        return self.figure / self.against if self.more_is_better else self.against / self.figure


class Wrong(AssertionError):
    """A benchmark's result is not what it must be."""


def require(condition, what):
    if not condition:
        raise Wrong(what)


def timed(work, times=1):
    """Median seconds and spread of so many runs, and what the last one gave."""
    taken = []
    result = None
    for _ in range(times):
        begin = time.perf_counter()
        result = work()
        taken.append(time.perf_counter() - begin)
    median = statistics.median(taken)
    return median, (max(taken) - min(taken)) / median if times > 1 else None, result


def digits(number):
    if number is None:
        return "-"
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def show(name, rows):
    cells = [("what", "figure", "unit", "against", "ratio", "spread")]
    for row in rows:
        against = "-" if row.against is None else f"{digits(row.against)} {row.peer}".strip()
        cells.append((row.what, digits(row.figure), row.unit, against, digits(row.ratio),
                      "-" if row.spread is None else f"{row.spread:.0%}"))
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    print(f"{name}    load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    for row in cells:
        print("  " + "  ".join(cell.rjust(width) if i in (1, 4, 5) else cell.ljust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))).rstrip())
    print(flush=True)
