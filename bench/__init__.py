"""What the mall costs, and what it survives: `make bench` and `make chaos`."""
