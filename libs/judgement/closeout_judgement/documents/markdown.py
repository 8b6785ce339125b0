"""Markdown to blocks. Only the block structure is parsed; nothing is rendered, so nothing in it can act."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from closeout_judgement.documents.blocks import (
    MOST_BLOCKS,
    Block,
    Kind,
    Parsed,
    TooMuchError,
    lines_apart,
    refuse_too_much,
)

FRONT_MATTER = re.compile(
    r"\A\s*(?P<fence>---|\+\+\+)[ \t]*\n(?P<body>.{0,20000}?)\n(?P=fence)[ \t]*(?:\n|\Z)", re.DOTALL
)
INLINE_LINK = re.compile(
    r"!?\[((?:[^\[\]]|\[[^\[\]]{0,80}\]){0,300})\]"
    r"\(\s*<?([^\s()<>]{0,2000}(?:\([^\s()]{0,200}\)[^\s()]{0,200})?)>?(?:\s+[\"'][^\"']{0,300}[\"'])?\s*\)"
)
REFERENCE = re.compile(r"\[([^\[\]]{1,300})\](?:\[([^\[\]]{0,300})\])?")
ANGLED = re.compile(r"<((?:https?|mailto):[^\s<>]{1,2000})>")
BARE_URL = re.compile(r"https?://[^\s<>\"'`\])|]{1,2000}")
TAG = re.compile(r"</?[A-Za-z][\w:-]{0,30}(?:\s[^<>]{0,500})?/?>|<!--.{0,5000}?-->", re.DOTALL)
BOLD = re.compile(r"^\s*(?:\*\*|__)(.{1,300}?)(?:\*\*|__)")
# Each alternative looks at one character on either side: a text made of stars costs no more than another.
EMPHASIS = re.compile(
    r"\*{2,}|(?<![\w*])\*(?=\w)|(?<=[\w.,:;!?)])\*(?![\w*])|(?<!\w)_{1,3}(?=\w)|(?<=[\w.,:;!?)])_{1,3}(?!\w)"
)
# A sign that means itself. While the markup is looked for, it stands out of the way, where no text has anything.
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
AWAY, BACK = 0xF0000, re.compile("[\U000f0021-\U000f007e]")
BOX = re.compile(r"^\s*\[([ xX✓✔-])\]\s+")


def parse(text: str) -> Parsed:
    """The blocks of a Markdown document, with its front matter. Raises TooMuchError."""
    refuse_too_much(text)
    fields, remarks, body, skipped = _front_matter(text)
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.core.ruler.disable("inline")
    environment: dict[str, dict[str, dict[str, str]]] = {}
    walk = _Walk(environment.setdefault("references", {}), skipped)
    blocks = list(walk.blocks(parser.parse(body, environment)))
    return Parsed(tuple(blocks), fields, tuple(remarks))


def _front_matter(text: str) -> tuple[Mapping[str, object], list[tuple[int, str, str]], str, int]:
    match = FRONT_MATTER.match(text)
    if not match:
        return {}, [], text, 0
    body = match["body"]
    try:
        read = tomllib.loads(body) if match["fence"] == "+++" else _yaml(body)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        if match["fence"] == "---" and ":" not in body:
            return {}, [], text, 0  # a ruled line, not front matter
        what = str(error).splitlines()[0][:200]
        return (
            {},
            [(1, "front matter", f"It cannot be read: {what}")],
            text[match.end() :],
            text[: match.end()].count("\n"),
        )
    if not isinstance(read, dict):
        return {}, [], text, 0
    fields = {str(name).lower().replace("-", "_"): value for name, value in read.items()}
    return fields, [], text[match.end() :], text[: match.end()].count("\n")


def _yaml(body: str) -> object:
    # Anchors are what a bomb of references is made of, and no front matter needs them.
    if re.search(r"(?m)(?::|-)\s+[&*]\w", body):
        raise ValueError("it uses YAML anchors, which are not followed")
    return yaml.safe_load(body)


@dataclass
class _Walk:
    """Goes through the parser's tokens once, without recursion."""

    references: Mapping[str, Mapping[str, str]]
    skipped: int
    depth: int = 0
    table: int = 0
    quotes: int = 0
    opened: list[str] = field(default_factory=list)
    row: list[Block] = field(default_factory=list)

    def blocks(self, tokens: list[Token]) -> Iterator[Block]:
        first_in_item, in_header, heading = False, False, 0
        for number, token in enumerate(tokens):
            if number > MOST_BLOCKS * 10:
                raise TooMuchError(f"It has more than {MOST_BLOCKS:,} paragraphs and list items.")
            match token.type:
                case "bullet_list_open" | "ordered_list_open":
                    self.depth += 1
                case "bullet_list_close" | "ordered_list_close":
                    self.depth -= 1
                case "list_item_open":
                    first_in_item = True
                case "blockquote_open":
                    self.quotes += 1
                case "blockquote_close":
                    self.quotes -= 1
                case "heading_open":
                    heading = 0 if self.quotes else int(token.tag[1])
                case "heading_close":
                    heading = 0
                case "table_open":
                    self.table += 1
                case "thead_open" | "thead_close":
                    in_header = token.type == "thead_open"
                case "tr_open":
                    self.row = []
                    row_line = self._line(token)
                case "tr_close":
                    yield self._row(row_line, in_header)
                case "inline":
                    is_cell = tokens[number - 1].type in ("th_open", "td_open")
                    found = self._inline(token, heading, first_in_item)
                    first_in_item = False
                    if is_cell:
                        self.row += found
                    else:
                        yield from (block for block in found if block.text or block.links)
                case _:
                    pass

    def _row(self, line: int, in_header: bool) -> Block:
        text = " | ".join(cell.text for cell in self.row)
        links = tuple(link for cell in self.row for link in cell.links)
        cells = tuple(self.row)
        return Block(Kind.ROW, text, line, links=links, cells=cells, table=self.table, is_header=in_header)

    def _inline(self, token: Token, heading: int, first_in_item: bool) -> list[Block]:
        line = self._line(token)
        if heading:
            return [inline_block(Kind.HEADING, token.content, line, heading, self.references)]
        kind = Kind.ITEM if self.depth and first_in_item else Kind.TEXT
        apart = lines_apart(token.content) if kind is Kind.TEXT and not self.depth else [token.content]
        found = [
            inline_block(kind, raw, line + number, self.depth, self.references) for number, raw in enumerate(apart)
        ]
        return [replace(block, is_quoted=True) for block in found] if self.quotes else found

    def _line(self, token: Token) -> int:
        return (token.map[0] if token.map else 0) + 1 + self.skipped


def inline_block(
    kind: Kind, raw: str, line: int, level: int, references: Mapping[str, Mapping[str, str]] | None = None
) -> Block:
    """A block of one paragraph of Markdown: its words without the markup, and where its links go."""
    box = BOX.match(raw)
    if box:
        raw = raw[box.end() :]
    bold = BOLD.match(raw)
    links: list[str] = []
    text = _plain(raw, references or {}, links)
    start = _plain(bold[1], references or {}, []) if bold else ""
    done = box[1] in "xX✓✔" if box else None
    return Block(kind, text, line, level, start, tuple(dict.fromkeys(links)), done=done)


def _plain(raw: str, references: Mapping[str, Mapping[str, str]], links: list[str]) -> str:
    def inline(match: re.Match[str]) -> str:
        links.append(match[2])
        return match[1]

    def reference(match: re.Match[str]) -> str:
        # markdown-it-py keys its references by the label, case folded and upper-cased.
        label = " ".join((match[2] or match[1]).split()).lower().upper()
        if label not in references:
            return match[0]
        links.append(references[label]["href"])
        return match[1]

    raw = ESCAPED.sub(lambda match: chr(AWAY + ord(match[1])), raw) if "\\" in raw else raw
    text = INLINE_LINK.sub(inline, raw) if "](" in raw else raw
    if "[" in text:
        text = REFERENCE.sub(reference, text)
    text = ANGLED.sub(r"\1", text) if "<" in text else text
    if "://" in text:
        links.extend(url.rstrip(".,;:!?") for url in BARE_URL.findall(text))
    if "<" in text:
        text = TAG.sub(" ", text)
    if "*" in text or "_" in text:
        text = EMPHASIS.sub("", text)
    text = text.replace("~~", "").replace("`", "")
    return " ".join(BACK.sub(lambda sign: chr(ord(sign[0]) - AWAY), text).split())
