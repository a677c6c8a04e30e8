"""The API: everything that the pages show, typed, paged, with ETags, and the exports."""
