"""The carrier of the sandbox: parcels that move by themselves and tell of it; it must know nothing of orders."""
