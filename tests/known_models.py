"""Well-known models, and what an outside library calls their sellers."""

from __future__ import annotations

__all__ = ["KNOWN"]

MODELS = {
    "anthropic": """
        claude-opus-4-1-20250805 claude-opus-4-5 claude-opus-4-6 claude-opus-4-7 claude-opus-4-8 claude-opus-5
        claude-opus-5-5 claude-sonnet-4-5 claude-sonnet-4-6 claude-sonnet-5 claude-sonnet-5-5 claude-haiku-4-5
        claude-haiku-5-5 claude-fable-5-1""",
    "openai": """
        gpt-4o gpt-4o-mini gpt-4.1 gpt-4.1-mini gpt-5 gpt-5-mini gpt-5-nano gpt-5.1 gpt-5.2 gpt-5.4 gpt-5.5
        gpt-5.6-sol gpt-5.6-terra gpt-5.6-luna gpt-6-sol gpt-6-luna gpt-6-astra gpt-6.1-sol gpt-6.1-terra o3 o4-mini""",
    "google": """
        gemini-2.5-pro gemini-2.5-flash gemini-3.1-pro-preview gemini-3.5-flash gemini-3.8-flash gemini-4-argon""",
    "xai": "grok-4.3 grok-4.6 grok-4.7",
    "deepseek": "deepseek-flash",
    "mistral": "mistral-large-4-0 mistral-medium-latest codestral-2508",
}
GENAI_NAME = {"xai": "x-ai"}

# Seller, model, and the seller's name in genai-prices.
KNOWN = [
    (seller, model, GENAI_NAME.get(seller, seller)) for seller, models in MODELS.items() for model in models.split()
]
