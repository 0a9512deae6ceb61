"""The rules of payments: pure, told the time, asking nobody."""
