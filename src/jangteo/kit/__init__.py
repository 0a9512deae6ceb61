"""The technical library under every service. No word of the shop may appear in it."""
