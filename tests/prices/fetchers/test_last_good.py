"""Copies on disk: whole or not at all, whatever happens to the writer, and believed only when intact."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tokenworth.http import Validators
from tokenworth.prices.fetchers.last_good import Kept, read_copy, write_atomically, write_copy
from tokenworth.prices.fetchers.source import Document, Page

AT = datetime(2026, 9, 28, 10, 30, tzinfo=UTC)


def page(name="table", body=b'{"a": 1}\n', etag='"v1"'):
    return Page(Document(name, f"https://prices.example/{name}"), body, Validators(etag, None), AT)


def test_a_copy_comes_back_as_it_was_written(tmp_path):
    pages = (page("one"), page("two", b"", None), page("drei", b"\n\xff\n" * 1000))
    write_copy(tmp_path, "source", pages)
    assert read_copy(tmp_path, "source") == Kept(pages)


def test_a_copy_is_for_its_owner_only(tmp_path):
    write_copy(tmp_path, "source", [page()])
    assert (tmp_path / "source.copy").stat().st_mode & 0o077 == 0


def test_no_copy_is_not_a_damaged_copy(tmp_path):
    assert read_copy(tmp_path, "source") == Kept()
    assert read_copy(tmp_path / "not there", "source") == Kept()


@pytest.mark.parametrize("damage", ["a flipped bit", "a cut", "an addition", "another file", "nothing", "a folder"])
def test_a_damaged_copy_is_ignored_and_said_to_be_damaged(tmp_path, damage):
    write_copy(tmp_path, "source", [page(body=b"x" * 500)])
    path = tmp_path / "source.copy"
    content = path.read_bytes()
    match damage:
        case "a flipped bit":
            path.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
        case "a cut":
            path.write_bytes(content[:-1])
        case "an addition":
            path.write_bytes(content + b"\n")
        case "another file":
            path.write_bytes(b'{"models": {}}')
        case "nothing":
            path.write_bytes(b"")
        case "a folder":
            path.unlink()
            path.mkdir()
    assert read_copy(tmp_path, "source") == Kept(damaged=True)


def test_a_write_that_fails_leaves_the_old_copy_and_nothing_else(tmp_path):
    write_copy(tmp_path, "source", [page()])
    target = tmp_path / "folder"
    target.mkdir()
    with pytest.raises(OSError, match="folder"):
        write_atomically(target, b"new")  # a file cannot replace a folder
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "source.copy"]
    assert read_copy(tmp_path, "source") == Kept((page(),))


# Writes two large copies in turn until it is killed.
WRITER = """
import sys
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from tokenworth.http import Validators
from tokenworth.prices.fetchers.last_good import write_copy
from tokenworth.prices.fetchers.source import Document, Page

for letter in cycle(b"ab"):
    body = bytes([letter]) * (16 * 2**20)
    page = Page(Document("table", "https://prices.example/table"), body, Validators(), datetime.now(UTC))
    write_copy(Path(sys.argv[1]), "source", [page])
"""


def test_a_writer_killed_in_the_middle_leaves_a_whole_copy(tmp_path):
    write_copy(tmp_path, "source", [page(body=b"o" * 100)])
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)]) as writer:
        caught = False
        while not caught:
            while not unfinished(tmp_path):
                os.sched_yield()
            os.kill(writer.pid, signal.SIGSTOP)
            os.waitid(os.P_PID, writer.pid, os.WSTOPPED)
            caught = unfinished(tmp_path)  # it may have finished before it stopped
            os.kill(writer.pid, signal.SIGKILL if caught else signal.SIGCONT)
    assert unfinished(tmp_path)
    kept = read_copy(tmp_path, "source")
    assert not kept.damaged
    assert {len(set(one.body)) for one in kept.pages} == {1}


def unfinished(folder: Path) -> bool:
    return any(folder.glob(".source.copy-*.part"))


def test_what_killed_writers_left_is_swept_up_once_it_is_old(tmp_path):
    old, young = tmp_path / ".source.copy-old.part", tmp_path / ".source.copy-young.part"
    for leftover in (old, young):
        leftover.write_bytes(b"half")
    os.utime(old, (0, 0))
    write_copy(tmp_path, "source", [page()])
    assert sorted(path.name for path in tmp_path.iterdir()) == [young.name, "source.copy"]
