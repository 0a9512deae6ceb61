"""Owns what somebody has in a cart or wishes for; never knows who they are, and takes prices from the catalogue."""
