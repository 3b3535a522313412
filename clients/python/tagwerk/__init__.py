"""Tagwerk for Python programs.

    import tagwerk

    with tagwerk.Table("plant") as table:
        pressure = table.find("/Plant/PumpHouse/Pressure")
        print(pressure.read().value)

Table reads the current values from shared memory: no server is asked, nothing is compiled or installed beside this
package. It never writes. See README.md.
"""

from .errors import (Closed, Damaged, NoPermission, NotReady, NoTable, Replaced, TableError, TagGone, TagNotFound,
                     Unsteady, WrongVersion)
from .memory import instances
from .table import Group, Table, Tag
from .value import Value, Writer

__all__ = [
    "Closed", "Damaged", "Group", "NoPermission", "NoTable", "NotReady", "Replaced", "Table", "TableError", "Tag",
    "TagGone", "TagNotFound", "Unsteady", "Value", "Writer", "WrongVersion", "instances",
]
__version__ = "0.1.0"
