"""Help pages, and the stamp of the files: found where they may be, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from chatd.adapters.lua.files import MAX_SOURCE, MAX_WATCHED, Files


@pytest.fixture
def roots(tmp_path: Path) -> tuple[Path, Path]:
    shipped, overlay = tmp_path / "shipped", tmp_path / "overlay"
    for root in (shipped, overlay):
        (root / "help").mkdir(parents=True)
        (root / "commands").mkdir()
        (root / "init.lua").write_text("")
        (root / "commands" / "x.lua").write_text("")
    return shipped, overlay


def test_a_page_of_the_overlay_comes_first(roots: tuple[Path, Path]) -> None:
    shipped, overlay = roots
    (shipped / "help" / "keys.md").write_text("shipped")
    (shipped / "help" / "say.md").write_text("say")
    (overlay / "help" / "keys.md").write_text("mine é")
    (overlay / "help" / "Odd Name.md").write_text("x")
    files = Files(shipped, overlay)
    assert files.page("keys") == "mine é" and files.page("say") == "say" and files.pages() == ["keys", "say"]
    (overlay / "help" / "keys.md").unlink()
    assert files.page("keys") == "shipped"


@pytest.mark.parametrize("topic", ["", "..", "../init", "/etc/passwd", "keys.md", "KEYS", "k\0", "x" * 65, "none"])
def test_what_is_no_topic_has_no_page(roots: tuple[Path, Path], topic: str) -> None:
    (roots[0] / "help" / "keys.md").write_text("x")
    assert Files(*roots).page(topic) is None


def test_a_page_that_cannot_be_read_is_as_if_it_were_not_there(roots: tuple[Path, Path], tmp_path: Path) -> None:
    pages = roots[0] / "help"
    (pages / "large.md").write_bytes(b"x" * (MAX_SOURCE + 1))
    (pages / "bytes.md").write_bytes(b"\xff\xfe ok")
    (tmp_path / "secret").write_text("secret")
    (pages / "out.md").symlink_to(tmp_path / "secret")
    os.mkfifo(pages / "pipe.md")
    files = Files(*roots)
    assert [files.page(topic) for topic in ("large", "out", "pipe")] == [None] * 3
    assert files.page("bytes") == "\ufffd\ufffd ok"


CHANGES: dict[str, Callable[[Path], object]] = {
    "saved": lambda root: (root / "init.lua").write_text("-- another"),
    "saved below": lambda root: (root / "commands" / "x.lua").write_text("-- another"),
    "added": lambda root: (root / "new.lua").write_text(""),
    "added in a new directory": lambda root: _in_a_new_directory(root / "new"),
    "removed": lambda root: (root / "init.lua").unlink(),
    "renamed": lambda root: (root / "init.lua").rename(root / "init2.lua"),
    "replaced by one of the same size and time": lambda root: _replace(root / "commands" / "x.lua"),
}


def _in_a_new_directory(directory: Path) -> None:
    directory.mkdir()
    (directory / "y.lua").write_text("")


def _replace(file: Path) -> None:
    found = file.stat()
    other = file.with_suffix(".tmp")
    other.write_text("")
    os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
    other.rename(file)


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("change", CHANGES)
def test_the_stamp_is_another_when_a_file_is(roots: tuple[Path, Path], which: int, change: str) -> None:
    files = Files(*roots)
    before = files.stamp()
    assert files.stamp() == before
    CHANGES[change](roots[which])
    assert files.stamp() != before


def test_what_is_no_file_of_the_interface_does_not_change_it(roots: tuple[Path, Path]) -> None:
    files = Files(*roots)
    before = files.stamp()
    for name in (".#init.lua", "init.lua~", "notes.txt", "help/keys.md"):
        (roots[1] / name).write_text("x")
    assert files.stamp() == before


def test_a_directory_that_is_gone_or_huge_is_looked_at_in_bounded_time(tmp_path: Path) -> None:
    assert Files(tmp_path / "none", tmp_path / "neither").stamp() == ()
    for i in range(40):
        (tmp_path / f"d{i}").mkdir()
        (tmp_path / f"d{i}" / "loop").symlink_to(tmp_path)
    assert Files(tmp_path, None).stamp() == () and MAX_WATCHED >= 1000
