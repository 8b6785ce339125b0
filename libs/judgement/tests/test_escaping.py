"""Words in a Markdown document: whatever they are, the document around them stays what it is."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from closeout_judgement.documents.escaping import escaped, linked, quoted, section
from closeout_judgement.documents.markdown import parse

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
SIGNS = [
    *"#->+*_=`~|<>[]()!&;:\\ \n\t1.ax",
    "```",
    "<!--",
    "<div",
    "javascript:",
    "https://a.example/b",
    "&lt;",
    "---",
    "    ",
]
WORDS = st.lists(st.sampled_from(SIGNS), max_size=12).map("".join)


def shown(token: Token) -> str:
    """The words of a paragraph as a reader sees them."""
    return "".join(" " if one.type == "softbreak" else one.content for one in token.children or ())


def types(text: str) -> list[str]:
    return [token.type for token in PARSER.parse(text)]


@given(WORDS.map(lambda text: " ".join(text.split())).filter(bool))
@example("---")
@example("1. - [ ] # x")
@example("a &lt; b ~~c~~ C:\\temp \\* <script>alert(1)</script>")
def test_words_are_shown_as_they_are_and_read_back(text: str) -> None:
    for mark, label in (("# ", ""), ("- ", ""), ("1. ", ""), ("- ", "Name: ")):
        written = f"{mark}{label}{escaped(text)}\n"
        tokens = PARSER.parse(written)
        assert [token.type for token in tokens] == types(f"{mark}x\n")
        assert [shown(token) for token in tokens if token.type == "inline"] == [label + text]
        assert [block.text for block in parse(written).blocks] == [label + text]


@given(WORDS)
@example("Failed.\n---\n# Action items\n<!--")
@example("- a\n  ```\n# b")
@example("```\n<!-- in code\n~~~")
def test_a_section_opens_no_part_and_ends_where_it_ends(text: str) -> None:
    tokens = PARSER.parse("\n".join(["## Before", "", *section(text), "", "## After", ""]))
    headings = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    assert headings == ["Before", "After"]
    assert {"html_block", "hr"} & {token.type for token in tokens} == set()
    children = [child for token in tokens for child in token.children or ()]
    assert "html_inline" not in {child.type for child in children}
    links = [child.attrs["href"] for child in children if child.type == "link_open"]
    assert [link for link in links if str(link).lower().startswith("javascript")] == []


@given(WORDS)
@example("<details><img src=x onerror=alert(1)>[go](javascript:alert(1))")
@example("Failed.\n===\n\n    <b>\n```\n[a]: javascript:b\n![c](https://d.example)\n- [ ] e | f\n--- | ---")
def test_a_quote_is_words_and_nothing_else(text: str) -> None:
    lines = [" ".join(line.split()) for line in text.splitlines()]
    tokens = PARSER.parse("\n".join(["- Said", *(f"  {line}" for line in quoted(text)), "- After"]))

    within = {token.type for token in tokens if token.level > 2}
    assert within <= {"paragraph_open", "paragraph_close", "inline"}
    inline = [token for token in tokens if token.type == "inline"]
    assert {child.type for token in inline for child in token.children or ()} <= {"text", "text_special", "softbreak"}
    assert " ".join(shown(token) for token in inline) == " ".join(["Said", *filter(bool, lines), "After"])


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "text", ["](" + " " * 300_000 + "x", "](  " * 75_000, "- " * 150_000 + "x", "\\" * 300_000 + "]"]
)
def test_a_section_takes_time_by_its_length_and_not_by_its_square(text: str) -> None:
    assert "".join(section(text)).replace("\\", "") == text.replace("\\", "")


def test_what_is_markdown_in_a_section_stays_it() -> None:
    text = "- *Rolled* back, see [the graph](https://g.example/a_b) and `a < b`\n\n```sh\n# deploy <x>\n```\n> so"
    assert section(text) == text.split("\n")


@pytest.mark.parametrize(
    ("text", "url", "written"),
    [
        ("OPS-1 [x]", "https://t.example/a_(b) c>", "[OPS-1 \\[x\\]](https://t.example/a_%28b%29%20c%3E)"),
        ("https://t.example/a_b", "https://t.example/a_b", "<https://t.example/a_b>"),
        ("OPS-1", "javascript:alert(1)", "OPS-1"),
        ("OPS_1", None, "OPS\\_1"),
    ],
)
def test_words_lead_to_web_addresses_alone(text: str, url: str | None, written: str) -> None:
    assert linked(text, url) == written
