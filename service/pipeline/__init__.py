"""The pipeline: pulled tickets go through the analysis into the store, incrementally or all at once."""
