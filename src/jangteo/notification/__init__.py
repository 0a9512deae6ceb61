"""Owns what was told to whom and when; it never keeps an address: it asks the user service for one when it sends."""
