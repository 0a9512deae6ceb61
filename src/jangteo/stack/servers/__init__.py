"""How each embedded server is started, found healthy and stopped; one file per server."""
