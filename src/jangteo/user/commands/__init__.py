"""What can be done to members, sessions, addresses and roles: one function for each use case."""
