"""Logs, traces and metrics of one process."""
