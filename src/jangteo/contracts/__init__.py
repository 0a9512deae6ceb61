"""What services say to each other: messages, and the schemas of their internal calls, by publishing service."""
