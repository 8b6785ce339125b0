"""HTML to blocks: plain pages, Confluence's storage format and exports, Google Docs' export.

The parser fetches nothing, runs nothing and expands no entities but HTML's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import cast

from lxml import etree

from closeout_judgement.documents.blocks import MOST_BLOCKS, Block, Kind, Parsed, TooMuchError, refuse_too_much
from closeout_judgement.documents.document import Form

HEADINGS = {f"h{level}": level for level in range(1, 7)}
PARAGRAPHS_TAGS = """
ac:layout-cell ac:rich-text-body ac:task-body address article blockquote body center dd details div dl dt
figcaption figure main p pre section summary
"""
PARAGRAPHS = frozenset(PARAGRAPHS_TAGS.split())
UNSEEN_TAGS = """
ac:parameter ac:placeholder ac:plain-text-body ac:task-id ac:task-status audio button footer head iframe math
nav noscript object script select style svg template video
"""
UNSEEN = frozenset(UNSEEN_TAGS.split())
STRUCTURE_TAGS = """
li ac:task ul ol tr td th table br ac:task-list
"""
STRUCTURE = frozenset(STRUCTURE_TAGS.split())
UNSEEN_IDS = {"breadcrumb-section", "breadcrumbs", "footer", "likes-section", "comments-section"}
UNSEEN_CLASSES = {"page-metadata", "pageSection-attachments", "toc-macro", "aui-nav"}
SELF_CLOSED = re.compile(r"<((?:ac|ri):[\w-]{1,60})(\s[^<>]{0,2000})?/>")
LINK_BODY = re.compile(r"(<ac:plain-text-link-body>)\s*<!\[CDATA\[(.{0,2000}?)\]\]>", re.DOTALL)
# Google Docs tells the depth of a list in its class: lst-kix_list_1-0 is the outermost.
GOOGLE_LIST = re.compile(r"\blst-[\w]+-(\d)\b")
GOOGLE_LINK = re.compile(r"^https?://www\.google\.com/url\?(?:[^&]*&)*?q=([^&]+)")
PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
# Deeper than any page that people write; libxml2 would go on to 2048.
DEEPEST = 200


def form_of(text: str) -> Form:
    """Which program wrote this HTML."""
    head = text[:200_000]
    if "<ac:" in head or "confluence" in head[:5000].lower() or 'id="main-content"' in head:
        return Form.CONFLUENCE
    return Form.GOOGLE_DOCS if "lst-kix" in head or "themes.googleusercontent.com" in head else Form.HTML


def parse(text: str) -> Parsed:
    """The blocks of an HTML document; its <title> is the field `html_title`. Raises TooMuchError."""
    refuse_too_much(text)
    if "<ac:" in text or "<ri:" in text:
        text = LINK_BODY.sub(lambda match: match[1] + escape(match[2]), text)
        text = SELF_CLOSED.sub(r"<\1\2></\1>", text)
    parser = etree.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=False, encoding="utf-8")
    try:
        root = etree.fromstring(text.encode("utf-8", errors="replace"), parser)
    except etree.XMLSyntaxError as error:
        return Parsed((), remarks=((0, "HTML", f"It cannot be parsed: {error.msg}"),))
    if root is None:
        return Parsed(())
    title = root.findtext(".//head/title") or ""
    walk = _Walk()
    blocks = tuple(walk.blocks(_content(root)))
    remarks = ((0, "HTML", f"Elements nested more than {DEEPEST} deep were left out."),) if walk.too_deep else ()
    return Parsed(blocks, {"html_title": " ".join(title.split())} if title.strip() else {}, remarks)


def _content(root: etree._Element) -> etree._Element:
    for path in ('.//*[@id="main-content"]', ".//main", ".//article", ".//body"):
        found = root.findall(path)
        if len(found) == 1:
            return found[0]
    return root


@dataclass
class _Walk:
    """Goes through the elements once, without recursion, and gathers text into blocks."""

    pieces: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    bold: list[str] = field(default_factory=list)
    lists: list[int] = field(default_factory=list)
    # The blocks of each open cell; the outermost cell is the first.
    cells: list[list[Block]] = field(default_factory=list)
    rows: list[list[Block]] = field(default_factory=list)
    kind: Kind = Kind.TEXT
    level: int = 0
    line: int = 0
    done: bool | None = None
    in_bold: int = 0
    unseen: int = 0
    deep: int = 0
    too_deep: bool = False
    table: int = 0
    count: int = 0

    def blocks(self, root: etree._Element) -> Iterator[Block]:
        for event, element in etree.iterwalk(root, events=("start", "end")):
            tag = element.tag if isinstance(element.tag, str) else ""
            if event == "start":
                self.deep += 1
                yield from self._start(tag, element)
            else:
                self.deep -= 1
                yield from self._end(tag, element)
                if element is not root:
                    self._say(element.tail)
            if self.count > MOST_BLOCKS:
                raise TooMuchError(f"It has more than {MOST_BLOCKS:,} paragraphs and list items.")
        yield from self._flush()

    def _start(self, tag: str, element: etree._Element) -> Iterator[Block]:
        if self.unseen or _is_unseen(tag, element) or self.deep > DEEPEST:
            self.too_deep = self.too_deep or self.deep > DEEPEST
            self.unseen += 1
            self._macro(tag, element)
            return
        if tag in HEADINGS or tag in PARAGRAPHS or tag in STRUCTURE:
            yield from self._open(tag, element)
        elif tag in ("b", "strong"):
            self.in_bold += 1
        elif tag == "a":
            self._link(element)
        elif tag == "input" and element.get("type") == "checkbox":
            self.done = element.get("checked") is not None
        elif tag in ("ri:user", "time"):
            self._mention(tag, element)
        self.line = self.line or _line(element)
        self._say(element.text)

    def _open(self, tag: str, element: etree._Element) -> Iterator[Block]:
        if tag == "br":
            if self.kind is Kind.TEXT:
                yield from self._flush()
            self.pieces.append(" ")
            return
        if not (tag in PARAGRAPHS and self.kind is Kind.ITEM and not "".join(self.pieces).strip()):
            yield from self._flush()
        self.line = _line(element) or self.line
        if tag in HEADINGS or (tag == "p" and "title" in (element.get("class") or "").split()):
            self.kind, self.level = Kind.HEADING, HEADINGS.get(tag, 1)
        elif tag in ("ul", "ol", "ac:task-list"):
            google = GOOGLE_LIST.search(element.get("class") or "")
            self.lists.append(int(google[1]) + 1 if google else len(self.lists) + 1)
        elif tag in ("li", "ac:task"):
            self.kind, self.level = Kind.ITEM, self.lists[-1] if self.lists else 1
            self.done = _ticked(element)
        elif tag == "table":
            self.table += 1
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.cells.append([])

    def _end(self, tag: str, element: etree._Element) -> Iterator[Block]:
        if self.unseen:
            self.unseen -= 1
            return
        if tag in ("b", "strong"):
            self.in_bold = max(0, self.in_bold - 1)
        elif tag in HEADINGS or tag in PARAGRAPHS or tag in ("li", "ac:task"):
            yield from self._flush()
        elif tag in ("ul", "ol", "ac:task-list"):
            yield from self._flush()
            if self.lists:
                self.lists.pop()
        elif tag in ("td", "th") and self.cells:
            yield from self._flush()
            self._cell(element)
        elif tag == "tr" and self.rows:
            yield from self._row(element)

    def _cell(self, element: etree._Element) -> None:
        inner = self.cells.pop()
        links = tuple(dict.fromkeys(link for block in inner for link in block.links))
        people = tuple(dict.fromkeys(one for block in inner for one in block.people))
        text = "; ".join(block.text for block in inner if block.text)
        done = next((block.done for block in inner if block.done is not None), None)
        is_header = element.tag == "th"
        line, cells = _line(element), tuple(inner)
        cell = Block(Kind.TEXT, text, line, 0, "", links, people, done, cells, is_header=is_header)
        if self.rows:
            self.rows[-1].append(cell)

    def _row(self, element: etree._Element) -> Iterator[Block]:
        cells = tuple(self.rows.pop())
        is_header = bool(cells) and all(cell.is_header for cell in cells)
        links = tuple(link for cell in cells for link in cell.links)
        text = " | ".join(cell.text for cell in cells)
        block = Block(Kind.ROW, text, _line(element), links=links, cells=cells, table=self.table, is_header=is_header)
        if self.cells:
            self.cells[-1].append(block)
        elif text.strip(" |"):
            self.count += 1
            yield block

    def _flush(self) -> Iterator[Block]:
        text = " ".join("".join(self.pieces).split())
        if text or self.links or self.people:
            kind, level = self.kind, self.level
            bold = " ".join("".join(self.bold).split())
            links, people = tuple(dict.fromkeys(self.links)), tuple(dict.fromkeys(self.people))
            block = Block(kind, text, self.line, level, bold if text.startswith(bold) else "", links, people, self.done)
            self.count += 1
            if self.cells:
                self.cells[-1].append(block)
            else:
                yield block
        self.pieces, self.links, self.people, self.bold = [], [], [], []
        self.kind, self.level, self.line, self.done = Kind.TEXT, len(self.lists), 0, None

    def _say(self, text: str | None) -> None:
        if not text or self.unseen:
            return
        if self.in_bold and (self.bold or not "".join(self.pieces).strip()):
            self.bold.append(text)
        self.pieces.append(text)

    def _link(self, element: etree._Element) -> None:
        href = element.get("href") or ""
        if (
            element.get("data-username")
            or element.get("data-account-id")
            or "user-mention" in (element.get("class") or "")
        ):
            self.people.append(" ".join("".join(map(str, element.itertext())).split()))
        elif href.startswith(("http://", "https://", "/")):
            self.links.append(_unwrapped(href))
        elif href.startswith("mailto:"):
            self.people.append(href.removeprefix("mailto:"))

    def _mention(self, tag: str, element: etree._Element) -> None:
        if tag == "time":
            # Confluence writes the day into the attribute only.
            if not (element.text or "").strip():
                self.pieces.append(f" {element.get('datetime') or ''} ")
            return
        who = next(
            (element.get(f"ri:{key}") for key in ("username", "account-id", "userkey") if element.get(f"ri:{key}")),
            None,
        )
        if who:
            self.people.append(who)

    def _macro(self, tag: str, element: etree._Element) -> None:
        """What Confluence says in an element that is not shown: a Jira issue's key, whether a task is done."""
        text = " ".join((element.text or "").split())
        if tag == "ac:parameter" and element.get("ac:name") == "key" and text:
            self.links.append(text)
        elif tag == "ac:task-status":
            self.done = text == "complete"


def _line(element: etree._Element) -> int:
    # The stubs know no type for it.
    return cast(int, element.sourceline) or 0


def _ticked(element: etree._Element) -> bool | None:
    if element.get("data-inline-task-id") is None and "task-list-item" not in (element.get("class") or ""):
        return None
    return "checked" in (element.get("class") or "").split()


def _is_unseen(tag: str, element: etree._Element) -> bool:
    if tag in UNSEEN or element.get("id") in UNSEEN_IDS:
        return True
    return bool(UNSEEN_CLASSES & set((element.get("class") or "").split()))


def _unwrapped(href: str) -> str:
    """Where a link goes that Google Docs has led through its own redirect."""
    match = GOOGLE_LINK.match(href)
    if not match:
        return href
    raw = PERCENT.sub(lambda code: bytes([int(code[1], 16)]), match[1].encode())
    return raw.decode("utf-8", errors="replace")
