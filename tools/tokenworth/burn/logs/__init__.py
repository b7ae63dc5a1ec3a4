"""What agents' own logs say they used: read where each tool keeps them, each call counted once, kept when they go."""
