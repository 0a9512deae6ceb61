"""A member's rights over all services: a copy of everything, leaving, being forgotten but for what the law keeps."""
