"""All state: JSON documents by kind and key in one SQLite file, so that a restart finds everything."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Doc = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, key TEXT NOT NULL, parent TEXT NOT NULL DEFAULT '', doc TEXT NOT NULL,
    UNIQUE (kind, key)
);
CREATE INDEX IF NOT EXISTS document_by_parent ON document (kind, parent, seq);
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


class Store:
    """One connection, used from one event loop. `path` None keeps everything in memory."""

    def __init__(self, path: Path | None = None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        # The application may be built in another thread than the one that serves it.
        self.connection = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        # With NORMAL a killed process loses nothing; only a machine without power could.
        self.connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + SCHEMA)
        self.depth = 0

    def close(self) -> None:
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; may be nested, the outermost one decides."""
        if self.depth == 0:
            self.connection.execute("BEGIN IMMEDIATE")
        self.depth += 1
        try:
            yield
        except BaseException:
            self.depth -= 1
            if self.depth == 0:
                self.connection.execute("ROLLBACK")
            raise
        self.depth -= 1
        if self.depth == 0:
            self.connection.execute("COMMIT")

    def put(self, kind: str, key: str | int, doc: Doc, parent: str | int = "") -> Doc:
        self.connection.execute(
            "INSERT INTO document (kind, key, parent, doc) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (kind, key) DO UPDATE SET doc = excluded.doc",
            (kind, str(key), str(parent), json.dumps(doc)),
        )
        return doc

    def get(self, kind: str, key: str | int) -> Doc | None:
        query = "SELECT doc FROM document WHERE kind = ? AND key = ?"
        row = self.connection.execute(query, (kind, str(key))).fetchone()
        return json.loads(row[0]) if row else None

    def all(self, kind: str, parent: str | int | None = None) -> list[Doc]:
        """Oldest first."""
        query = "SELECT doc FROM document WHERE kind = ?1 AND (?2 IS NULL OR parent = ?2) ORDER BY seq"
        rows = self.connection.execute(query, (kind, None if parent is None else str(parent)))
        return [json.loads(row[0]) for row in rows]

    def count(self, kind: str, parent: str | int) -> int:
        query = "SELECT count(*) FROM document WHERE kind = ? AND parent = ?"
        return int(self.connection.execute(query, (kind, str(parent))).fetchone()[0])

    def delete(self, kind: str, key: str | int | None = None) -> None:
        query = "DELETE FROM document WHERE kind = ?1 AND (?2 IS NULL OR key = ?2)"
        self.connection.execute(query, (kind, None if key is None else str(key)))

    def next(self, counter: str, first: int = 1) -> int:
        query = (
            "INSERT INTO counter (name, value) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"
        )
        return int(self.connection.execute(query, (counter, first)).fetchone()[0])

    def clear(self) -> None:
        self.connection.executescript("DELETE FROM document; DELETE FROM counter;")
