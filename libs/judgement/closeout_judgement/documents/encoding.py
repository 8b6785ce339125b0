"""Bytes to text: byte order marks, UTF-8, UTF-16, old encodings; what had to be assumed is said."""

from __future__ import annotations

import re

from charset_normalizer import from_bytes

MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
DECLARED = re.compile(rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?([\w.:-]{2,40})""", re.IGNORECASE)
# Pictures that Google Docs and editors put into the text; they say nothing and may be tens of megabytes.
EMBEDDED = re.compile(rb"data:[\w.+-]{1,40}/[\w.+-]{1,60};base64,[A-Za-z0-9+/=%]*")
SAMPLE = 40_000
FEWEST_PAIRS = 16
BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
REPLACED = "\ufffd"


class BinaryError(ValueError):
    """These bytes are no text."""


def decode(data: bytes) -> tuple[str, str]:
    """The text with \\n at each line's end, and a remark where the encoding had to be assumed ("" where not)."""
    text, remark = _decode(EMBEDDED.sub(b"", data) if b";base64," in data else data)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").removeprefix("\ufeff"), remark


def _decode(data: bytes) -> tuple[str, str]:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            text = data.decode(encoding, errors="replace")
            return text, _broken(text, encoding.removesuffix("-sig").upper())
    if encoding := _half_empty(data[:SAMPLE]):
        text = data.decode(encoding, errors="replace")
        return text, f"It has no byte order mark. It was read as {encoding}, which is an assumption."
    if len(BINARY.findall(data[:SAMPLE])) > len(data[:SAMPLE]) // 50:
        raise BinaryError("It is no text: it looks like a picture, an archive or a word processor's own format.")
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError as error:
        return _not_utf8(data, error.start)


def _half_empty(data: bytes) -> str:
    """UTF-16 of Latin letters without its mark: every other byte is zero, and no byte between them. Else ""."""
    first, second = data[0::2], data[1::2]
    if len(second) < FEWEST_PAIRS:
        return ""
    for encoding, letters, empty in (("utf-16-le", first, second), ("utf-16-be", second, first)):
        if empty.count(0) * 10 > len(empty) * 9 and not letters.count(0):
            return encoding
    return ""


def _not_utf8(data: bytes, at: int) -> tuple[str, str]:
    declared = DECLARED.search(data[:4000])
    if declared and declared[1].lower() not in (b"utf-8", b"utf8"):
        encoding = declared[1].decode("ascii")
        try:
            text = data.decode(encoding)
            # Python has encodings for its own use, too: one always fails, another makes halves of letters.
            text.encode()
        except (LookupError, UnicodeError):
            pass
        else:
            return text, f"It declares {encoding}, and was read as that."
    text = data.decode("utf-8", errors="replace")
    if text.count(REPLACED) * 200 < len(text) and len(re.findall(r"[^\x00-\x7f\ufffd]", text)) > text.count(REPLACED):
        return text, _broken(text, "UTF-8")
    around = data[max(0, at - SAMPLE // 2) : at + SAMPLE // 2]
    found = from_bytes(around, cp_isolation=["cp1252", "cp1251", "cp1250", "shift_jis", "gb18030", "utf_16"]).best()
    encoding = found.encoding if found else "cp1252"
    return data.decode(
        encoding, errors="replace"
    ), f"It is not UTF-8. It was read as {encoding}, which is an assumption."


def _broken(text: str, encoding: str) -> str:
    broken = text.count(REPLACED)
    return f"{broken} characters are broken: they are not {encoding}." if broken else ""
