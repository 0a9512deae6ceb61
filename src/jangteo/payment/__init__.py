"""Owns payment attempts, refunds and the ledger of the money; it must never know a card number, nor what was bought."""
