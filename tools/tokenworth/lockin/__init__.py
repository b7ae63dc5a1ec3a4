"""The lock-in family: what leaving costs a person, and what it costs an employer to leave a provider."""
