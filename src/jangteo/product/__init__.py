"""Owns the catalogue, its search and the stock of every SKU; knows nothing of carts, members or money received."""
