"""Text as people and vendors send it: what can be kept, and what cannot."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator

# C0 and C1 controls except tab and line ends; a page or a ticket can show none of them.
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
SURROGATES = re.compile(r"[\ud800-\udfff]")
INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")

SHOWS_NOTHING = ("Cc", "Cf", "Zs", "Zl", "Zp")


def written_by_people(text: str) -> str:
    """`text` with one kind of line end and no blanks around it; empty where nobody would see anything of it.

    Raises ValueError for what cannot be kept or shown.
    """
    if SURROGATES.search(text):
        raise ValueError("holds half of a surrogate pair, which is no character")
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    found = CONTROLS.search(unified)
    if found:
        raise ValueError(f"holds the control character U+{ord(found.group()):04X} at position {found.start()}")
    shows = any(unicodedata.category(one) not in SHOWS_NOTHING for one in unified)
    return unified.strip() if shows else ""


Written = Annotated[str, AfterValidator(written_by_people)]


def one_line(text: str) -> str:
    """`text` on one line, for titles and names."""
    return " ".join(text.split())


OneLine = Annotated[Written, AfterValidator(one_line)]


def without_nul(text: str) -> str:
    """`text` with the sign for NUL in place of each NUL, which PostgreSQL's text and jsonb cannot hold."""
    return text.replace("\x00", "\N{SYMBOL FOR NULL}")


def presentable(text: str, longest: int) -> str:
    """Somebody else's `text` on one line that people can take over: no control characters, at most so long."""
    return one_line(CONTROLS.sub(" ", text))[:longest].strip()


def comparable(text: str) -> str:
    """How two names are held against each other: no case, no invisible characters, one blank between words."""
    return one_line(INVISIBLE.sub("", unicodedata.normalize("NFKC", text))).casefold()


# Joiners have a meaning inside words of some scripts and in emoji; direction marks and blanks without width have none
# in a ticket's title.
UNSEEN = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]")
# Between Latin letters a joiner joins nothing.
JOINER = re.compile(r"(?<=[A-Za-z0-9])[\u200c\u200d]|[\u200c\u200d](?=[A-Za-z0-9])")


def without_unseen(text: str) -> str:
    """`text` without the characters that show nothing and change how the rest is read or found."""
    return JOINER.sub("", UNSEEN.sub("", text))


def seen(text: str) -> str:
    """The unseen characters of `text`, named."""
    found = dict.fromkeys(UNSEEN.findall(text) + JOINER.findall(text))
    return ", ".join(f"U+{ord(one):04X} {unicodedata.name(one, 'unnamed').lower()}" for one in found)
