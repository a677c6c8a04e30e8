"""Results of the analysis: their tables, and how they are written and read."""
