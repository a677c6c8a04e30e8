"""Families of tickets that are the same problem: masked texts, shapes, and the similarity of two shapes."""
