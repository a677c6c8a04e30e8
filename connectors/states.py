"""The category of a status by its words, under the name that connectors of others import it by."""

from connectors.words import category_of, settle

__all__ = ["category_of", "settle"]
