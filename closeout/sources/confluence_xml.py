"""Confluence's XML space export: `entities.xml`, a flat list of objects; pages, and their bodies apart from them.

https://www.xwiki.org/xwiki/bin/view/documentation/extensions/admin/confluence/xml-format/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO

from lxml import etree

from closeout.sources.source import Item

ENTITIES = "entities.xml"
KINDS = ("Page", "BlogPost", "BodyContent", "Space")


def pages_in(name: str, stream: IO[bytes]) -> Iterator[Item]:
    """The current pages, each with its title and the day on which it was made. Earlier versions are left out."""
    pages: dict[str, dict[str, str]] = {}
    bodies: dict[str, str] = {}
    space = ""
    try:
        for kind, number, fields in _objects(stream):
            if kind in ("Page", "BlogPost"):
                pages[number] = fields
            elif kind == "BodyContent":
                bodies[fields.get("content", "")] = fields.get("body", "")
            else:
                space = fields.get("key", space)
    except etree.XMLSyntaxError as error:
        yield Item(f"{name}/{ENTITIES}", b"", broken=f"It is no XML: {error}.")
    for number, fields in pages.items():
        is_current = fields.get("contentStatus", "current") == "current" and "originalVersion" not in fields
        body = bodies.get(number, "")
        if is_current and body.strip():
            # In a CDATA section its own end is written with a blank.
            yield Item(f"{name}/{space or 'space'}/{number}.html", body.replace("]] >", "]]>").encode(), _front(fields))


def _front(fields: Mapping[str, str]) -> dict[str, object]:
    return {"title": fields.get("title", ""), "created": fields.get("creationDate", "")[:10]}


def _objects(stream: IO[bytes]) -> Iterator[tuple[str, str, dict[str, str]]]:
    # A document from elsewhere: it may name no entity, load nothing, and ask for no network.
    parsing = etree.iterparse(
        stream, events=("end",), tag="object", resolve_entities=False, load_dtd=False, no_network=True, huge_tree=True
    )
    for _, element in parsing:
        if element.get("class") in KINDS:
            yield element.get("class"), (element.findtext("id") or "").strip(), _fields(element)
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def _fields(element: etree._Element) -> dict[str, str]:
    fields = {}
    for one in element.iterfind("property"):
        fields[str(one.get("name"))] = (one.findtext("id") or one.text or "").strip()
    return fields
