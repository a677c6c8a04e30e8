"""The API: everything on the pages as typed JSON, with ETags, and the exports."""
