"""Turns the route table and the settings into Envoy's configuration, and keeps an Envoy running on it."""
