"""Checks what is configured: variables and the settings file, and the assumptions laid over the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tokenworth.assumptions import load_assumptions
from tokenworth.errors import TokenworthError
from tokenworth_mcp.doctor.findings import Finding, fix, good, note, refused
from tokenworth_mcp.settings import CONFIG_VARIABLE, PREFIX, Settings, load_settings

__all__ = ["check_assumptions", "check_settings"]


def check_settings(environment: Mapping[str, str]) -> tuple[Settings, list[Finding]]:
    """The settings in force and what is odd about them; those that nobody set where they cannot be used."""
    file = Path(environment[CONFIG_VARIABLE]) if environment.get(CONFIG_VARIABLE) else None
    try:
        settings = load_settings(environment=environment)
    except TokenworthError as error:
        return Settings(), [
            refused("settings", error, file),
            note("settings", "the rest was checked with the defaults"),
        ]
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {CONFIG_VARIABLE}
    found = [
        note("settings", f"{name} is no setting of this version, and is ignored", "Unset it if it was meant for us")
        for name in sorted(environment)
        if name.startswith(PREFIX) and name not in known
    ]
    chosen = sorted(settings.model_fields_set)
    said = f"settings are usable; chosen: {', '.join(chosen)}" if chosen else "settings are the defaults"
    return settings, [good("settings", said, file), *found]


def check_assumptions(settings: Settings) -> Finding:
    """Whether the assumptions file, if there is one, can be laid over the defaults."""
    file = settings.assumptions_file
    if file is None:
        return good("assumptions", "the shipped assumptions")
    if not file.exists():
        return fix(
            "assumptions", "the assumptions file is not there", "Correct or unset TOKENWORTH_ASSUMPTIONS_FILE", file
        )
    try:
        load_assumptions(file)
    except TokenworthError as error:
        return refused("assumptions", error, file)
    return good("assumptions", "the shipped assumptions with your file over them", file)
