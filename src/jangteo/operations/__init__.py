"""Owns nothing but its audit trail: shows what the mall runs on, and replays or discards messages; knows no order."""
