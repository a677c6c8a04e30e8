"""The pages: each module one page, with the part of the report that it shows."""
