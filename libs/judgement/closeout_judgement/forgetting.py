"""Forgetting a person: where somebody is named, in whatever shape, and what stands there afterwards.

A vendor's JSON names people as objects (an id, a name, an address, an avatar), as bare ids, and in words. What is left
has the same shape: whoever counts or joins finds one person, steady and nameless.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from closeout_judgement.people import FORGOTTEN, Known, Named, stand_in_person
from closeout_judgement.redaction import json_in

# By which an object says whom it describes.
IDS = frozenset({"vendor_id", "id", "login", "username", "accountId", "account_id", "account"})
ADDRESSES = frozenset({"email", "emailAddress", "email_address", "mail"})
NAMES = frozenset({"name", "display_name", "displayName", "real_name", "full_name", "fullName", "summary", "nickname"})
# Which hold whom something is by, of or for.
REFERENCES = IDS | {
    *("user", "user_id", "userId", "user_name", "author", "assignee", "assignees", "assignedTo", "creator", "owner"),
    *("by", "changed_by", "closed_by", "hinted_by", "recipient", "people", "subscribers", "requester", "bot_id", "key"),
}
# Which say how somebody could be reached, or assigned: there is no such way any more.
WAYS = ADDRESSES | {"owner_handle", "handles"}
KEPT = frozenset({"vendor", "tracker", "kind", "type", "level", "since"})
IN_BRACKETS = re.compile(r"<@(\w+)(?:\|[^>]*)?>")
ADDRESS = re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]")
OWN_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ONE_OF = re.compile(r"[a-z]+(?=:)")


def without_person(written: str, who: Known | Named, place: str = "", vendor: str | None = None) -> str:
    """What is left of a cell, a record or a text; unchanged where nobody is named. `place`: the column's name."""
    taking = _Taking(who)
    left = taking.text(written, vendor, place)
    if taking.names:
        # Who was found by an id is in the words around it by name.
        left = _Taking(Named(names=tuple(taking.names), stand_in=taking.found)).text(left, vendor, place)
    return left


def cells_without_person(
    who: Known | Named, column: str, cells: Iterable[tuple[object, bytes]]
) -> Iterator[tuple[object, bytes]]:
    """Those of these cells (place, what is written) in which somebody is named, with what is left of each."""
    for place, written in cells:
        try:
            text = written.decode()
        except UnicodeDecodeError:
            continue  # an image, a digest
        left = without_person(text, who, column)
        if left != text:
            yield place, left.encode()


@dataclass
class _Taking:
    who: Known | Named
    names: dict[str, None] = field(default_factory=dict)
    found: str = ""

    def value(self, value: Any, vendor: str | None, key: str) -> Any:
        match value:
            case str():
                return self.text(value, vendor, key)
            case list():
                return [self.value(one, vendor, key) for one in value]
            case dict():
                return self.mapping(value, vendor)
            case _:
                return value

    def mapping(self, told: Mapping[str, Any], vendor: str | None) -> dict[str, Any]:
        own = told.get("vendor") or told.get("tracker")
        vendor = own if isinstance(own, str) else vendor
        stand_in = self._described(told, vendor)
        if stand_in is not None:
            return self._nobody(told, stand_in)
        by = next((one for key in ("user", "userId", "by") if (one := self._handle(told.get(key), vendor))), None)
        return {
            self.text(key, vendor, ""): self._beside(key, one, by, vendor) if by else self.value(one, vendor, key)
            for key, one in told.items()
        }

    def _beside(self, key: str, one: Any, by: str, vendor: str | None) -> Any:
        """What stands beside a forgotten person's id and may tell whose it is: a name, a profile."""
        if isinstance(one, dict) and key.endswith("profile"):
            return self._nobody(one, by)
        return (
            self._nothing_said(key, one, by) if isinstance(one, str) and key in NAMES else self.value(one, vendor, key)
        )

    def _described(self, told: Mapping[str, Any], vendor: str | None) -> str | None:
        """Whom an object describes, where that is somebody who is forgotten."""
        for key, one in told.items():
            if not isinstance(one, str) or not one:
                continue
            found = None
            if key in IDS and not one.isdigit():
                found = self.who.by_handle(vendor, one)
            elif key in ADDRESSES:
                found = self.who.by_address(one)
            elif key in NAMES:
                found = self.who.by_name(one)
            elif key == "person_id":
                found = self.who.by_person(one)
            if found is not None:
                return found
        return None

    def _nobody(self, told: Mapping[str, Any], stand_in: str) -> dict[str, Any]:
        """The object that described somebody. Whatever says who it is, says nobody."""
        self.found = stand_in
        return {key: self._nothing(key, one, stand_in) for key, one in told.items()}

    def _nothing(self, key: str, one: Any, stand_in: str) -> Any:
        if key in KEPT or one is None or isinstance(one, bool):
            return one
        if key in WAYS:
            return {} if isinstance(one, dict) else None
        if key == "person_id":
            return str(stand_in_person(stand_in))
        match one:
            case dict():
                return self._nobody(one, stand_in)
            case list():
                return [self._nothing(key, each, stand_in) for each in one]
            case str():
                return self._nothing_said(key, one, stand_in)
            case _:
                return 0

    def _nothing_said(self, key: str, one: str, stand_in: str) -> str:
        if key in NAMES:
            self.names |= {one: None} if " " in one.strip() and self.who.by_handle(None, one) is None else {}
            return FORGOTTEN
        if key in IDS:
            return stand_in
        if not one or MOMENT.match(one) or (OWN_ID.fullmatch(one) and self.who.by_handle(None, one) is None):
            return one
        return "" if "://" in one else FORGOTTEN

    def _handle(self, one: Any, vendor: str | None) -> str | None:
        return self.who.by_handle(vendor, one) if isinstance(one, str) and one else None

    def text(self, text: str, vendor: str | None, key: str) -> str:
        inner = json_in(text)
        if inner is not None:
            left = self.value(inner, vendor, key)
            return text if left == inner else json.dumps(left, ensure_ascii=False, separators=(",", ":"))
        whole = self._whole(text, vendor, key)
        return whole if whole is not None else self._words(text, vendor)

    def _whole(self, text: str, vendor: str | None, key: str) -> str | None:
        """What stands in the place of an id, where the text is nothing else."""
        if (person := self.who.by_person(text)) is not None:
            return str(stand_in_person(person))
        if (address := self.who.by_address(text)) is not None:
            return "" if key in WAYS else address
        if key in REFERENCES and (handle := self.who.by_handle(vendor, text)) is not None:
            return "" if key in WAYS else handle
        if key not in IDS and self.who.by_name(text) is not None:
            return FORGOTTEN
        of, _, account = text.partition(":")
        if ONE_OF.match(text) and (handle := self.who.by_handle(of, account)) is not None:
            return f"{of}:{handle}"
        return None

    def _words(self, text: str, vendor: str | None) -> str:
        if "@" in text:
            text = ADDRESS.sub(lambda found: self.who.by_address(found[0]) or found[0], text)
            text = IN_BRACKETS.sub(lambda found: self._mention(found, vendor), text)
        return self.who.words.sub(self.who.in_words, text) if self.who.words else text

    def _mention(self, found: re.Match[str], vendor: str | None) -> str:
        stand_in = self.who.by_handle(vendor, found[1])
        return f"<@{stand_in}>" if stand_in else found[0]
