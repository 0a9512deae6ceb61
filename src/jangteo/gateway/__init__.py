"""Owns the one door into the mall: which paths there are, who may call them, how often; no rule of the shop."""
