"""Jangteo (장터): an online shopping mall as a set of microservices."""
