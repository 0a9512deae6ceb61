"""Owns members, their sessions, addresses, roles and the keys that sign tokens; never knows what anybody buys."""
