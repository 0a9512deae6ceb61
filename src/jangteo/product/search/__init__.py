"""Finds products: Korean and English text, filters with counts, sorting, suggestions; an index in process, on disk."""
