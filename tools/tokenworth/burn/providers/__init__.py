"""The providers whose own usage figures can be observed, one file each with the same shape."""

from __future__ import annotations

from typing import Final

from tokenworth.burn.providers import anthropic, claude_code, github_copilot, litellm, openai, openrouter
from tokenworth.burn.providers.provider import Provider

__all__ = ["PROVIDERS", "Provider"]

PROVIDERS: Final[dict[str, Provider]] = {
    provider.name: provider
    for provider in (
        anthropic.ANALYTICS,
        anthropic.ADMIN,
        anthropic.LIMITS,
        claude_code.CLAUDE_CODE,
        openai.PROVIDER,
        openrouter.KEY,
        openrouter.ACTIVITY,
        litellm.DAILY,
        litellm.LOGS,
        github_copilot.PROVIDER,
    )
}
