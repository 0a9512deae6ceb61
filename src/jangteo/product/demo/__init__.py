"""The demo shop: a hand-written catalogue with drawn pictures, that scales to any number of products."""
