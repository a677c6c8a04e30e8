"""Login, sessions, rate limits and access control."""
