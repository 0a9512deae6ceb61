"""The rules of products and of stock: frozen types and pure functions, no I/O, no clock."""
