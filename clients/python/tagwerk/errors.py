"""What can go wrong with a table; every one is a TableError and says what to do."""


class TableError(Exception):
    """Any of the below."""


class NoTable(TableError):
    """No segment of this instance or key: its writer was never started, or the name is wrong."""


class NoPermission(TableError):
    """Mode and group of the segment exclude this process."""


class Damaged(TableError):
    """The bytes are not a whole table."""


class WrongVersion(TableError):
    """The table's layout is not the one this package knows."""


class NotReady(TableError):
    """The segment is being made: try again."""


class Replaced(TableError):
    """A new segment took this one's place: call reopen()."""


class Closed(TableError):
    """The table was closed."""


class TagNotFound(TableError):
    """No tag has this path."""


class TagGone(TableError):
    """The tag was removed or moved to another slot: find it again."""


class Unsteady(TableError):
    """The values changed faster than they could be read: try again."""
