"""The index of the search says nothing that the rows do not: a damaged one is made anew, and keeps nobody out.

Whatever is written to rows is written to it, too, in one transaction: while it is damaged, nothing can be said.
"""

from __future__ import annotations

import logging
import sqlite3

logger = logging.getLogger("chatd.database")

_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_ERROR")
"""Errors that are about what is in the index, by the beginning of their names; of the second kind is another format."""


def mend(connection: sqlite3.Connection) -> bool:
    """Make the index anew if it is damaged; returns whether it was.

    Raises sqlite3.DatabaseError when it cannot be made, and for whatever is wrong with the disk.
    """
    try:
        connection.execute("INSERT INTO search(search) VALUES('integrity-check')")
    except sqlite3.DatabaseError as error:
        if not error.sqlite_errorname.startswith(_DAMAGED):
            raise
        logger.warning("the index of the search is damaged (%s); it is made anew from the rows", error)
        connection.execute("INSERT INTO search(search) VALUES('rebuild')")
        return True
    return False
