"""Tables of what was pulled, and how they are written."""
