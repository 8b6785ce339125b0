"""What a query costs: https://linear.app/developers/rate-limiting, “0.1 a property, 1 an object, times the page”."""

from __future__ import annotations

from typing import Any

from graphql import DocumentNode, FieldNode, FragmentDefinitionNode, OperationDefinitionNode, SelectionSetNode
from graphql.language import FragmentSpreadNode, InlineFragmentNode, IntValueNode

USUAL_PAGE = 50
LARGEST_PAGE = 250
MOST = 10_000.0  # a single query


def cost_of(document: DocumentNode, variables: dict[str, Any]) -> float:
    """The points of the operation in `document`."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    return sum(_selected(one.selection_set, fragments, variables) for one in operations)


def largest_page(document: DocumentNode) -> int:
    """The largest `first` in `document`: over LARGEST_PAGE Linear refuses it."""
    text = [int(one.value) for one in _pages(document)]
    return max(text, default=0)


def _pages(node: Any) -> list[IntValueNode]:
    found = []
    if isinstance(node, FieldNode):
        found += [
            one.value for one in node.arguments if one.name.value == "first" and isinstance(one.value, IntValueNode)
        ]
    inner = getattr(node, "definitions", None) or (
        node.selection_set.selections if getattr(node, "selection_set", None) else ()
    )
    return found + [page for one in inner for page in _pages(one)]


def _selected(
    chosen: SelectionSetNode | None, fragments: dict[str, FragmentDefinitionNode], variables: dict[str, Any]
) -> float:
    total = 0.0
    for one in chosen.selections if chosen else ():
        if isinstance(one, FragmentSpreadNode):
            total += _selected(fragments[one.name.value].selection_set, fragments, variables)
        elif isinstance(one, InlineFragmentNode):
            total += _selected(one.selection_set, fragments, variables)
        elif isinstance(one, FieldNode) and one.selection_set is None:
            total += 0.1
        elif isinstance(one, FieldNode):
            inner = _selected(one.selection_set, fragments, variables)
            total += 1.0 + inner * _page(one)
    return total


def _page(field: FieldNode) -> int:
    """How often a field's own fields count."""
    names = {
        one.name.value
        for one in (field.selection_set.selections if field.selection_set else ())
        if isinstance(one, FieldNode)
    }
    if "nodes" not in names:
        return 1
    sizes = [one.value for one in field.arguments if one.name.value == "first"]
    return int(sizes[0].value) if sizes and isinstance(sizes[0], IntValueNode) else USUAL_PAGE
