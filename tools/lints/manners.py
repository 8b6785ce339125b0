"""Rules of how code is written: what it may catch, what decisions may touch, how files are named, how long they are."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

from tools.lints.source import Finding, Source

Found = Iterator[tuple[int, str]]  # line, what to do

CATCH_ALL = {
    "libs/chassis/closeout_chassis/consume.py",
    "libs/chassis/closeout_chassis/relay.py",
    "libs/chassis/closeout_chassis/loops.py",
    "closeout/cli.py",
}
IMPURE_MODULES = {
    *("asyncio", "asyncpg", "glob", "http", "httpx", "io", "logging", "os", "pathlib", "random", "secrets", "shutil"),
    *("socket", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib"),
}
IMPURE_NAMES = {"uuid.uuid1", "uuid.uuid4"}
IMPURE_CALLS = {"open", "print", "input", "uuid.uuid1", "uuid.uuid4"}
CLOCKS = {"now", "utcnow", "today"}
NO_NAMES = {"utils.py", "helpers.py", "common.py", "base.py", "manager.py"}

LONGEST_FILE = 300
LONGEST_ADAPTER = 400
# A test tells a whole story, with its beginning.
LONGEST_TESTS = 400
LONGEST_FUNCTION = 40
LONGEST_TEST = 60
# docs/decisions/0018-the-chassis-grows-to-3000-lines.md
LARGEST_CHASSIS = 3000


def broad_except(file: Source) -> Found:
    """Everything is caught only where a loop must go on. Cleaning up and raising again is no catching."""
    if file.package is None or str(file.path) in CATCH_ALL:
        return
    for node in file.nodes():
        if isinstance(node, ast.ExceptHandler) and _catches_all(node) and not _raises_again(node):
            yield (
                node.lineno,
                "catch the narrowest error; what nobody expects is handled by the consumer, the loops and the CLI",
            )


def _catches_all(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(one, ast.Name) and one.id in ("Exception", "BaseException") for one in caught)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def pure_domain(file: Source) -> Found:
    """Decisions see values only: no clock, no randomness, no I/O."""
    if file.package is None or not ("domain" in file.path.parts or file.package == "closeout_judgement"):
        return
    for line, name in file.imports():
        if name.partition(".")[0] in IMPURE_MODULES or name in IMPURE_NAMES:
            yield line, f"a decision does not use {name}: pass in the value"
    for node in file.nodes():
        if isinstance(node, ast.Call) and _is_impure(node.func):
            yield node.lineno, f"a decision does not call {ast.unparse(node.func)}(): pass in the value"


def _is_impure(called: ast.expr) -> bool:
    if isinstance(called, ast.Attribute) and called.attr in CLOCKS:
        return ast.unparse(called.value).rpartition(".")[2] in ("datetime", "date")
    return ast.unparse(called) in IMPURE_CALLS


def file_names(file: Source) -> Found:
    """A file is named for what is in it."""
    if file.path.name in NO_NAMES:
        yield 1, f"{file.path.name} says nothing: name the file for the thing that it is about"


def file_length(file: Source) -> Found:
    """A file can be read in one sitting."""
    limit = LONGEST_TESTS if "tests" in file.path.parts else LONGEST_ADAPTER if file.is_adapter else LONGEST_FILE
    length = len(file.text.splitlines())
    if length > limit:
        yield limit, f"{length} lines, {limit} are the most: give a part of it a name and a file of its own"


def function_length(file: Source) -> Found:
    """A function fits on a screen."""
    limit = LONGEST_TEST if "tests" in file.path.parts else LONGEST_FUNCTION
    for node in file.nodes():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > limit:
                yield (
                    node.lineno,
                    f"{node.name} has {length} lines, {limit} are the most: give its steps names",
                )


def chassis_size(files: Iterable[Source], limit: int = LARGEST_CHASSIS) -> Iterator[Finding]:
    """The chassis stays small enough to be read whole."""
    lines = Counter({file.path: len(file.text.splitlines()) for file in files if _runs_in_service(file)})
    if lines.total() > limit:
        largest = lines.most_common(1)[0][0]
        advice = f"the chassis has {lines.total()} lines, {limit} are the most: move out what only one service uses"
        yield Finding(largest, 1, "chassis-size", advice)


def _runs_in_service(file: Source) -> bool:
    return file.package == "closeout_chassis" and file.path.name != "testing.py"
