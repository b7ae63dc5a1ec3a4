"""Writes agent logs as the tools write them, by a seed, with what they truly add up to."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

CLASSES = ("input", "cache_write_5m", "cache_write_1h", "cache_read", "output", "messages")
CLAUDE_MODELS = ("claude-opus-4-5-20251101", "claude-haiku-4-5-20251001", "claude-opus-4-6")
CODEX_MODELS = ("gpt-5-codex", "gpt-5.2-codex")
FIRST = datetime(2026, 9, 1, 8, tzinfo=UTC)


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def claude_line(call, request, counts=(0, 0, 0, 0), *, at="2026-11-01T10:00:00.000Z", model=CLAUDE_MODELS[0], **more):
    """One line of Claude Code; `counts` are input, cache written, cache read, output; `usage` adds to its object."""
    usage = dict(
        zip(
            ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"),
            counts,
            strict=True,
        )
    )
    usage.update(more.pop("usage", {}))
    content = more.pop("content", [{"type": "text", "text": 'a \\"usage\\": word'}])
    message = {"model": model, "id": call, "role": "assistant", "content": content, "usage": usage}
    line = {"parentUuid": None, "isSidechain": False, "sessionId": "s", "message": message, "type": "assistant"}
    if request is not None:
        line["requestId"] = request
    return {**line, "timestamp": at, **more}


def codex_count(totals, last=None, *, at="2026-11-01T10:00:01.000Z", limits=None):
    def tokens(counts):
        named = ("input_tokens", "cached_input_tokens", "output_tokens")
        return {**dict(zip(named, counts, strict=True)), "reasoning_output_tokens": 0, "total_tokens": counts[0]}

    info = None if totals is None else {"total_token_usage": tokens(totals), "last_token_usage": tokens(last or totals)}
    payload = {"type": "token_count", "info": info, "rate_limits": limits}
    return {"timestamp": at, "type": "event_msg", "payload": payload}


def codex_meta(thread, **more):
    return {"timestamp": stamp(FIRST), "type": "session_meta", "payload": {"id": thread, "cwd": "/x", **more}}


def codex_model(model):
    return {"timestamp": stamp(FIRST), "type": "turn_context", "payload": {"model": model}}


def write(path, lines, *, end="\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(json.dumps(line, separators=(",", ":")) for line in lines) + end, encoding="utf-8")
    return path


def claude_file(home, name="s", project="-home-dev-x"):
    return home / ".claude/projects" / project / f"{name}.jsonl"


def codex_file(home, name="x"):
    return home / ".codex/sessions/2026/11/01" / f"rollout-2026-11-01T10-00-00-{name}.jsonl"


def write_logs(home, seed, sessions):
    """A home with so many sessions of each tool; what it adds up to, by (agent, date, model)."""
    truth = defaultdict(lambda: [0] * len(CLASSES))
    chance = random.Random(seed)  # noqa: S311 - logs, not secrets
    for number in range(sessions):
        _claude_session(home, chance, truth, number)
        _codex_session(home, chance, truth, number)
    return dict(truth)


def _claude_session(home, chance, truth, number):
    moment = FIRST + timedelta(hours=chance.randrange(2_000))
    model, lines, aside = chance.choice(CLAUDE_MODELS), [], []
    for turn in range(chance.randrange(3, 25)):
        moment += timedelta(seconds=chance.randrange(1, 4_000))
        sent, made, read = chance.randrange(1, 500), chance.randrange(1, 900), chance.randrange(200_000)
        short, hour = chance.choice([(0, 700), (900, 0), (30, 40)])
        split = {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": hour}
        fast = model == "claude-opus-4-6" and chance.random() < 0.5
        usage = {"cache_creation": split, "speed": "fast" if fast else "standard"}
        call, request = f"msg_{number}_{turn}", None if chance.random() < 0.2 else f"req_{number}_{turn}"
        shape = {"at": stamp(moment), "model": model, "usage": usage}
        lines += [claude_line(call, request, (sent, 0, read, 1), **shape)] * chance.randrange(3)
        lines.append(claude_line(call, request, (sent, short + hour, read, made), **shape))
        lines.append({"type": "user", "toolUseResult": {"usage": {"input_tokens": 9}}, "message": {"content": "x"}})
        row = truth["claude", stamp(moment)[:10], model + "-fast" * fast]
        for place, count in enumerate((sent, short, hour, read, made, 1)):
            row[place] += count
        if chance.random() < 0.1:
            replayed = claude_line(call, f"other_{turn}", (sent, 0, read + 5_000, made), isSidechain=True, **shape)
            aside.append(replayed)
    write(claude_file(home, f"s{number}"), lines, end=chance.choice(["\n", "\n", '\n{"message":{"usage":{"inp']))
    if aside:
        write(claude_file(home, f"s{number}/subagents/agent-{number}"), aside)
    if chance.random() < 0.3:
        write(claude_file(home, f"copy{number}"), lines[: chance.randrange(1, len(lines))])


def _codex_session(home, chance, truth, number):
    moment, model = FIRST + timedelta(hours=chance.randrange(2_000)), chance.choice(CODEX_MODELS)
    lines, totals = [codex_meta(f"t{number}"), codex_model(model), codex_count(None)], (0, 0, 0)
    for _ in range(chance.randrange(1, 20)):
        moment += timedelta(seconds=chance.randrange(1, 900))
        sent, made = chance.randrange(1_000, 50_000), chance.randrange(1, 900)
        cached = sent // 128 * 64
        totals = (totals[0] + sent, totals[1] + cached, totals[2] + made)
        for later in range(chance.randrange(1, 3)):
            at = stamp(moment + timedelta(milliseconds=later))
            lines.append(codex_count(totals, (sent, cached, made), at=at))
        row = truth["codex", stamp(moment)[:10], model]
        for place, count in enumerate((sent - cached, 0, 0, cached, made, 1)):
            row[place] += count
    write(codex_file(home, f"t{number}"), lines)
    if chance.random() < 0.4:
        copied = [codex_meta(f"f{number}", forked_from_id=f"t{number}"), *lines[: chance.randrange(2, len(lines) + 1)]]
        write(codex_file(home, f"f{number}"), copied)


def cells(rows):
    """Rows of the command or of a report as `write_logs` tells the truth."""
    found = {}
    for row in rows:
        data = row if isinstance(row, dict) else row.data()
        found[data["agent"], data["date"], data["model"]] = [data[name] for name in CLASSES]
    return found


def log_files(home: Path):
    return sorted(path for path in home.rglob("*.jsonl") if path.is_file())
