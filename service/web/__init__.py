"""Pages and API, served over HTTP behind access control."""
