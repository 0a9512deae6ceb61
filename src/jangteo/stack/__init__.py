"""Runs a whole mall on one machine: real servers out of wheels, every service, and the supervisor that keeps them up.

Nothing of this is needed on production, where the servers are somebody else's and `jangteo serve NAME` is enough.
"""
