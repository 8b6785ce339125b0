"""Folders and files, with the archives in them: a Confluence space export is a zip of HTML, or of one XML file."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from closeout.audit.folder import File, content_of, look_into, must_be_inside
from closeout.sources.confluence_xml import ENTITIES, pages_in
from closeout.sources.source import Batch, Item
from closeout_judgement.documents.blocks import LARGEST_FILE
from closeout_judgement.documents.reading import SUFFIXES

# A batch, in documents and in bytes: what is indexed together is cheaper the more it is, and has to fit in memory.
AT_ONCE, BYTES_AT_ONCE = 100, 4_000_000
ZIP = ".zip"
# What a space export has beside its pages.
FURNITURE = ("index.html", "styles/site.css")
MOST_MEMBERS = 200_000


class Files:
    """The files below a path; run again, those that have not changed are left alone. `prefix` begins their names."""

    def __init__(self, path: Path, prefix: str = "", label: str = "") -> None:
        folder = look_into(path, also=(ZIP,))
        self._files = folder.files
        self._prefix = prefix
        self.label = label or f"files:{path.resolve()}"
        self.total: int | None = len(folder.files)
        self.unread = folder.unread

    def batches(self, cursor: str | None) -> Iterator[Batch]:
        """A few files at a time. There is no cursor: what is known is recognised by its content."""
        batch: list[Item] = []
        size = 0
        for item in (item for file in self._files for item in self._items(file)):
            batch.append(item)
            size += len(item.content)
            if len(batch) == AT_ONCE or size >= BYTES_AT_ONCE:
                yield Batch(tuple(batch))
                batch, size = [], 0
        if batch:
            yield Batch(tuple(batch))

    def _items(self, file: File) -> Iterator[Item]:
        name = f"{self._prefix}{file.name}"
        try:
            must_be_inside(file)
            if name.lower().endswith(ZIP):
                yield from in_archive(name, file.path)
                return
            yield Item(name, content_of(file))
        except OSError as error:
            yield Item(name, b"", broken=f"It cannot be read: {error.strerror or error}.")


def in_archive(name: str, path: Path) -> Iterator[Item]:
    """The documents in a zip. No member is unpacked to disk, and none that says it is larger than is read."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()][:MOST_MEMBERS]
            if any(one.filename == ENTITIES for one in members):
                with archive.open(ENTITIES) as stream:
                    yield from pages_in(name, stream)
                return
            for one in members:
                if one.filename.lower().endswith(SUFFIXES) and Path(one.filename).name not in FURNITURE:
                    yield _member(archive, one, f"{name}/{one.filename}")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, OSError) as error:
        yield Item(name, b"", broken=f"It is no zip archive that can be read: {error}.")


def _member(archive: zipfile.ZipFile, one: zipfile.ZipInfo, name: str) -> Item:
    with archive.open(one) as stream:
        # A member may say that it is small and go on: no more is read than is taken.
        return Item(name, stream.read(LARGEST_FILE + 1))
