"""Every request that arrived, with what was answered, so that a test can count."""

import json
from fnmatch import fnmatchcase
from typing import Any

from closeout_sandbox import clock
from closeout_sandbox.store import Doc, Store

SECRET_WORDS = ("secret", "token", "password", "authorization", "api_key")
LONGEST_BODY = 200_000


class Journal:
    def __init__(self, store: Store) -> None:
        self.store = store

    def begin(self, system: str, method: str, path: str, query: str, body: bytes) -> Doc:
        number = self.store.next("journal")
        entry = {
            "number": number,
            "system": system,
            "method": method,
            "path": path,
            "query": query,
            "body": readable(body) if method not in ("GET", "HEAD") else None,
            "at": clock.millis(clock.now()),
            "status": None,
            "fault": None,
        }
        return self.store.put("journal", number, entry)

    def end(self, entry: Doc, status: int | None, fault: str | None) -> None:
        """`status` is what the caller could see; None when the connection was closed on it."""
        self.store.put("journal", entry["number"], {**entry, "status": status, "fault": fault})

    def entries(self, system: str = "*", method: str = "*", path: str = "*", status: str = "*") -> list[Doc]:
        return [
            entry
            for entry in self.store.all("journal")
            if fnmatchcase(entry["system"], system)
            and fnmatchcase(entry["method"], method)
            and fnmatchcase(entry["path"], path)
            and fnmatchcase(str(entry["status"]), status)
        ]

    def clear(self) -> None:
        self.store.delete("journal")


def readable(body: bytes) -> Any:
    try:
        return redacted(json.loads(body)) if body else None
    except ValueError:
        return body[:LONGEST_BODY].decode(errors="replace")


def redacted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: "[redacted]" if is_secret(key) else redacted(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [redacted(inner) for inner in value]
    return value


def is_secret(key: str) -> bool:
    return any(word in key.lower() for word in SECRET_WORDS)
