"""A Python file under inspection, and what a rule says about it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

FOLDERS = ("closeout", "libs", "services", "sandbox", "tools", "bench", "tests")
SERVICES = ("closeout_ingest", "closeout_review", "closeout_actions", "closeout_metrics")


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule: where, which, and what to do."""

    path: PurePosixPath
    line: int
    rule: str
    advice: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.advice}"


@dataclass(frozen=True, slots=True)
class Source:
    """A file by its path below the root of the repository."""

    path: PurePosixPath
    text: str
    tree: ast.Module = field(repr=False, compare=False)

    @property
    def package(self) -> str | None:
        """The package that the file belongs to; None for tests, tools and benches."""
        if "tests" in self.path.parts:
            return None
        return next((part for part in self.path.parts[:-1] if part == "closeout" or part.startswith("closeout_")), None)

    @property
    def is_service(self) -> bool:
        """Whether it is code of one of the four services, and not what its tests begin with."""
        return self.package in SERVICES and "testing" not in (self.path.stem, self.path.parent.name)

    @property
    def is_adapter(self) -> bool:
        """Whether it speaks to a vendor."""
        return "adapters" in self.path.parts

    def nodes(self) -> Iterator[ast.AST]:
        """All nodes of the syntax tree."""
        return ast.walk(self.tree)

    def imports(self) -> Iterator[tuple[int, str]]:
        """(line, dotted name) of everything imported: `from a import b` is a.b."""
        for node in self.nodes():
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)

    def strings(self) -> Iterator[tuple[int, str]]:
        """(line, text) of every string literal that is no docstring; of f-strings their constant parts."""
        docstrings = {id(node.value) for node in self.nodes() if isinstance(node, ast.Expr)}
        for node in self.nodes():
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                yield node.lineno, node.value


def source(path: str | PurePosixPath, text: str) -> Source:
    """The file at `path`, parsed."""
    return Source(PurePosixPath(path), text, ast.parse(text))


def sources(root: Path) -> Iterator[Source]:
    """Every Python file of the repository, in order of path."""
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*.py")):
            yield source(file.relative_to(root).as_posix(), file.read_text(encoding="utf-8"))
