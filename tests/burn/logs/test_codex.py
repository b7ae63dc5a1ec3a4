"""Codex's hard files: totals said again, threads that branch off with a copy of their parent, and official quotas."""

from __future__ import annotations

from contextlib import closing

from support.agent_logs import codex_count, codex_file, codex_meta, codex_model, write
from tokenworth.burn.logs.events import Quota
from tokenworth.burn.logs.history import History
from tokenworth.burn.logs.report import quotas

OPENING = [codex_model("gpt-5-codex")]
PARENT = [
    codex_meta("p"),
    *OPENING,
    codex_count((1000, 600, 100)),
    codex_count((3000, 2000, 250), (2000, 1400, 150), at="2026-11-01T10:05:00.000Z"),
]


def sums(rows):
    return [(row.tokens, row.messages) for row in rows]


def test_the_same_totals_again_are_no_call(look, home):
    write(codex_file(home), [*OPENING, codex_count(None), *[codex_count((1000, 600, 100))] * 3])
    assert sums(look(home)) == [([400, 0, 0, 600, 100], 1)]


def test_growth_is_counted_on_when_a_file_has_grown(look, home):
    write(codex_file(home), PARENT[:3])
    assert sums(look(home)) == [([400, 0, 0, 600, 100], 1)]
    write(codex_file(home), PARENT)
    assert sums(look(home)) == [([1000, 0, 0, 2000, 250], 2)]


def test_a_fork_counts_only_what_it_adds_whether_or_not_it_copied_the_totals(look, home):
    write(codex_file(home, "p"), PARENT)
    added = codex_count((5000, 3000, 300), (2000, 1000, 50), at="2026-11-02T10:00:00.000Z")
    copied = [{**line, "timestamp": "2026-11-02T09:00:00.000Z"} for line in PARENT]
    write(codex_file(home, "f"), [codex_meta("f", forked_from_id="p"), *copied, added])
    bare = codex_count((6000, 3000, 400), (3000, 1000, 150), at="2026-11-02T11:00:00.000Z")
    write(codex_file(home, "g"), [codex_meta("g", forked_from_id="p"), *OPENING, bare])
    assert sums(look(home)) == [([1000, 0, 0, 2000, 250], 2), ([3000, 0, 0, 2000, 200], 2)]


def test_a_fork_of_a_fork_is_found_out_when_the_link_is_read_later(look, home):
    spawned = {"subagent": {"thread_spawn": {"parent_thread_id": "p", "depth": 1}}}
    added = codex_count((5000, 3000, 300), (2000, 1000, 50), at="2026-11-01T10:09:00.000Z")
    write(codex_file(home, "g"), [codex_meta("g", forked_from_id="f"), *PARENT[1:], added])
    assert sums(look(home)) == [([2000, 0, 0, 3000, 300], 3)]
    write(codex_file(home, "p"), PARENT)
    write(codex_file(home, "f"), [codex_meta("f", source=spawned), *PARENT, added])
    assert sums(look(home)) == [([2000, 0, 0, 3000, 300], 3)]


def test_a_fork_whose_parent_is_gone_keeps_what_it_copied_once(look, home):
    write(codex_file(home, "f"), [codex_meta("f", forked_from_id="p"), *PARENT])
    write(codex_file(home, "g"), [codex_meta("g", forked_from_id="p"), *PARENT])
    assert sums(look(home)) == [([1000, 0, 0, 2000, 250], 2)]


def test_totals_that_start_anew_are_counted_from_nothing(look, home):
    write(codex_file(home), [*PARENT, codex_count((500, 100, 10), at="2026-11-01T11:00:00.000Z")])
    assert sums(look(home)) == [([1400, 0, 0, 2100, 260], 3)]


def test_an_archived_session_is_the_same_one(look, home):
    write(codex_file(home, "p"), PARENT)
    look(home)
    archived = home / ".codex/archived_sessions/rollout-2026-11-01T10-00-00-p.jsonl"
    archived.parent.mkdir()
    codex_file(home, "p").rename(archived)
    assert sums(look(home)) == [([1000, 0, 0, 2000, 250], 2)]


def test_the_variable_names_another_folder(look, home, tmp_path):
    write(tmp_path / "elsewhere/sessions/2026/rollout-a.jsonl", PARENT)
    assert sums(look(home)) == []
    assert sums(look(home, environment={"CODEX_HOME": str(tmp_path / "elsewhere")})) == [([1000, 0, 0, 2000, 250], 2)]


def test_the_last_official_quota_is_kept(look, home, tmp_path):
    def limits(used):
        return {"primary": {"used_percent": used, "window_minutes": 300, "resets_at": 1_793_527_200}, "secondary": None}

    later = codex_count((1000, 600, 100), at="2026-11-01T12:00:00.000Z", limits=limits(31.5))
    write(codex_file(home, "b"), [codex_meta("b"), later])
    write(codex_file(home, "a"), [codex_meta("a"), codex_count(None, limits=limits(12.5))])
    look(home)
    with closing(History(tmp_path / "history.sqlite3")) as history:
        assert quotas(history) == {"codex": [Quota(300, 31.5, 1_793_527_200, 1_793_534_400_000)]}
