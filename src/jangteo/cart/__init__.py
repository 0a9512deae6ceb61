"""Owns what somebody has put into a cart; never knows who they are, and takes prices and stock from the catalogue."""
