"""The log files of a node: which are wanted and not here yet, and what becomes of those that came.

Between two listings logs are written to, rotated and taken away; each listing is followed here first. A file that came
in this run is not run after, however it grows on: the next fetch brings the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from .choice import Choice
from .listing import Listing
from .manifest import Kept, read_manifest, write_manifest
from .model import Listed, Refusal
from .room import is_full
from .rotation import compressed, moves
from .stage import Stage

_FIX = "set `sudo: true` for the node, or let the user read it (group adm)"


class Files:
    """What is known of a node's log files so far.

    ``came`` are the paths of what changed here in this run, and whether it is new; ``renamed`` counts what was moved or
    taken away as it was rotated there, ``failed`` what was asked for in vain.
    """

    def __init__(self, stage: Stage, sudo: bool, now: str) -> None:
        self.stage = stage
        self.manifest = read_manifest(stage.state)
        self.listing = Listing({})
        self.choice = Choice({}, 0)
        self.came: dict[str, bool] = {}
        self.renamed = 0
        self.failed: dict[str, Refusal] = {}
        self._brought: dict[str, Listed] = {}
        self._fix = "" if sudo else _FIX
        self._now = now

    def write(self) -> None:
        """Keep what is known. Raises OSError."""
        write_manifest(self.stage.state, self.manifest)

    def listed(self, listing: Listing, choice: Choice) -> None:
        """The node's files as they are now: what is here follows their rotation. Raises OSError."""
        self.listing, self.choice = listing, choice
        kept = {path: entry for path, entry in self.manifest.files.items() if self.stage.has(path, entry)}
        for path, to in moves(kept, listing.files):
            entry = kept.pop(path)
            try:
                self.stage.move(path, to)
            except OSError:
                continue  # it comes anew, and is told then what stands in its way
            kept[to] = entry
            if path in self._brought:
                self._brought[to] = self._brought.pop(path)
            if path in self.came:
                self.came[to] = self.came.pop(path)
            else:
                self.came.pop(to, None)  # what came there was written over
            self.renamed += 1
        self.manifest = self.manifest._replace(files=kept)

    def todo(self) -> dict[str, Listed]:
        """What is wanted and not here as it is there."""
        return {
            path: file
            for path, file in self.choice.files.items()
            if path not in self.failed and not self._is_brought(file) and not self.is_here(file)
        }

    def is_here(self, file: Listed) -> bool:
        """Whether the file is here, whole, as it is there."""
        kept = self.manifest.files.get(file.path)
        return kept is not None and kept.is_same_content(file) and self.stage.has(file.path, kept)

    def begin(self, todo: Mapping[str, Listed]) -> list[Listed]:
        """The files of a transfer, noted before it begins; what may not be read there has failed. Raises OSError."""
        for path, file in todo.items():
            if not file.readable:
                self.failed[path] = Refusal(path, "failed", "permission denied", self._fix)
        files = [file for file in todo.values() if file.readable]
        if files:
            self.manifest = self.manifest._replace(under_way={file.path: file for file in files})
            self.write()
        return files

    def missing(self) -> int:
        """Bytes that are still to come of what is under way."""
        sizes = self.stage.parts(self.manifest.under_way)
        return max(0, sum(file.size for file in self.manifest.under_way.values()) - sum(sizes.values()))

    def bring_in(self) -> None:
        """Put what an earlier fetch left whole in the stage into its place; it may have grown since."""
        self._promote()

    def ended(self) -> None:
        """Put what a transfer brought into its place."""
        self._brought |= self._promote()

    def not_come(self, files: list[Listed], said: Mapping[str, str]) -> None:
        """Of what did not come note why, unless it was rotated or cut meanwhile: then it is asked for again."""
        for file in files:
            now = self.listing.files.get(file.path)
            if self._is_brought(file) or now is None or not now.is_same_file(file) or now.size < file.size:
                continue
            if said.get(file.path, "vanished") != "vanished":
                self.failed.setdefault(file.path, Refusal(file.path, "failed", said[file.path]))

    def finish(self) -> None:
        """After the last transfer: note what did not come, and keep nothing twice. Raises OSError."""
        for path in self.todo():
            self.failed.setdefault(path, Refusal(path, "failed", "it did not come whole", "fetch again"))
        kept = dict(self.manifest.files)
        for path, packed in list(compressed(kept, self.listing.files)):
            if self.is_here(packed):
                with suppress(FileNotFoundError):
                    self.stage.remove(path)
                del kept[path]
                self.came.pop(path, None)
                self.renamed += 1
        still = {path: file for path, file in self.choice.files.items() if path in self.failed}
        self.stage.parts(still)  # others are removed
        under_way = {path: file for path, file in self.manifest.under_way.items() if path in still}
        self.manifest = self.manifest._replace(files=kept, under_way=under_way)
        self.write()

    def _is_brought(self, file: Listed) -> bool:
        before = self._brought.get(file.path)
        return before is not None and before.is_same_file(file)

    def _promote(self) -> dict[str, Listed]:
        """Put into its place what lies whole in the stage, was asked for, and is the file that the node lists still.

        What it was, by path.
        """
        files, under_way = dict(self.manifest.files), dict(self.manifest.under_way)
        promoted: dict[str, Listed] = {}
        going = dict(moves(under_way, self.listing.files))
        for path, to in going.items():
            self.stage.move_part(path, to)
        for path, size in list(self.stage.whole()):
            before, after = self.manifest.under_way.get(path), self.listing.files.get(path)
            if before is None:
                self.stage.drop(path)
                continue
            if after is None or not before.is_same_file(after) or size > min(before.most, after.size):
                # Which file it is nobody knows: as a basis it is worth something, most likely under its new name.
                self.stage.keep_as_part(path, going.get(path, path))
                continue
            kept = Kept(before.device, before.inode, size, before.mtime, self._now)
            is_new = self.stage.size_here(path) < 0
            try:
                self.stage.promote(path, kept)
            except OSError as err:
                if is_full(err):
                    raise
                self.failed[path] = Refusal(path, "failed", f"something stands in its place here: {err.strerror}")
                continue
            files[path] = kept
            promoted[path] = before
            self.came.setdefault(path, is_new)
            del under_way[path]
        for path, to in going.items():
            if path in under_way and to in self.listing.files:
                under_way[to] = under_way.pop(path)._replace(path=to)
        self.manifest = self.manifest._replace(files=files, under_way=under_way)
        return promoted
