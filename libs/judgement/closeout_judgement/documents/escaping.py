"""Somebody's words as they stand in a Markdown document: as words, or as a section of it that ends where it ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

SPECIAL = re.compile(r"[\\`*_\[\]<>#|!]|~(?=~)|(?<=~)~|&(?=#?\w{1,32};)")
# What begins a list, or is a rule, where it begins a line.
LIST = re.compile(r"^(\d{0,9})([-+.)])(?=\s|[-\s]*$)")
# What makes a heading of the line above it.
UNDERLINE = re.compile(r"^=(?==*$)")
# Code that begins or ends. Deeper in, it belongs to an item of a list, and ends with it.
FENCE = re.compile(r"^ {0,3}(`{3,}(?!.*`)|~{3,})")
CODE = re.compile(r"(?<![`\\])(`+)(?!`).{1,2000}?(?<!`)\1(?!`)")
# Before a sign that no backslash makes a word already.
LIVE = r"(?<!\\)((?:\\\\)*)"
# A tag or a comment, but no address in angle brackets.
TAG = re.compile(LIVE + r"<(?=[A-Za-z/!?])(?!(?:https?://|mailto:)[^\s<>]*>)")
# Where a link leads to that is no web address: a scheme of another kind, perhaps hidden in entities.
NO_ADDRESS = re.compile(LIVE + r"\](?=[(:]\s*+<?(?!https?://|mailto:)(?:[^\s)/?#]{0,60}[:&\\]|\s*$))", re.IGNORECASE)
# A heading, a line below which what stands above it is one, or a rule; also within a quote or a list.
PART = re.compile(r"^((?>(?:\s|>|(?:[-+*]|\d{1,9}[.)])\s+(?=\S))*))(#(?=#{0,5}(?:\s|$))|=+\s*$|(?:[-*_]\s*)+$)")
UNSAFE_IN_ADDRESS = re.compile(r"[\x00-\x20<>()\\`]")


def escaped(text: str) -> str:
    """Text on one line that Markdown shows as it is, wherever in a line or a list it stands."""
    return LIST.sub(r"\1\\\2", SPECIAL.sub(r"\\\g<0>", " ".join(text.split())))


def linked(text: str, url: str | None) -> str:
    """Words that lead to a web address; the words alone where it is none."""
    if not url or not re.match(r"https?://", url, re.IGNORECASE):
        return escaped(text)
    address = UNSAFE_IN_ADDRESS.sub(lambda one: f"%{ord(one[0]):02X}", url)
    return f"<{address}>" if text == url else f"[{escaped(text)}]({address})"


def quoted(text: str) -> list[str]:
    """The lines of a quote that shows what somebody said, whatever it is, as words and as nothing else."""
    return ["> " + UNDERLINE.sub(r"\\=", escaped(line)) for line in text.splitlines()]


def section(text: str) -> list[str]:
    """The lines of Markdown that somebody wrote. It stays what it is, but opens no part of the document around it.

    Headings, rules and HTML become words, code that is not closed is, and links lead to the web.
    """
    return list(_lines(text))


def _lines(text: str) -> Iterator[str]:
    fence, is_open = "", False
    for line in text.splitlines():
        found = FENCE.match(line)
        if fence:
            yield line
            if found and found[1].startswith(fence) and not line[found.end() :].strip():
                fence = ""
        elif found:
            fence, is_open = found[1], False
            yield line.lstrip(" ")
        else:
            # Code that is open at the end of a line may go on in the next one, and end where other code seems to begin.
            is_open = is_open and bool(line.strip())
            yield _line(PART.sub(r"\1\\\2", line), has_code=not is_open)
            is_open = is_open or "`" in CODE.sub("", line)
    if fence:
        yield fence


def _line(text: str, *, has_code: bool) -> str:
    pieces, end = [], 0
    for code in CODE.finditer(text) if has_code else ():
        # A table's row is parted first.
        pieces += [_words(text[end : code.start()]), _words(code[0]) if "|" in code[0] else code[0]]
        end = code.end()
    return "".join(pieces) + _words(text[end:])


def _words(text: str) -> str:
    return NO_ADDRESS.sub(r"\1\\]", TAG.sub(r"\1\\<", text))
