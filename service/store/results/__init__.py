"""Tables of what the analysis found, and how they are written."""
