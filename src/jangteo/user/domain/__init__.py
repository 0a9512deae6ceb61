"""The rules about people, addresses, sessions and permissions, free of any input and output."""
