"""Companies outside, played by processes of our own: a card processor, a carrier, a mail provider.

They must know nothing of the shop: whatever a real one would not be told, they are not told either.
"""
