"""Which tickets are the same problem: masked texts, shapes, and how alike two shapes are."""
