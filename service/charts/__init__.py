"""SVG charts, drawn once for pages and reports."""
