"""Facts about prices as data, each with its source and date."""
