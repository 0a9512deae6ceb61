"""The catalogue in documents: products and categories as staff write them, and how changes are made known."""
