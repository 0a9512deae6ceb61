"""HTTP in and out: the app of a service, problem+json, strict bodies, callers, and calls to other services."""
