"""The report of a run: one file for the browser that needs nothing else, least of all the network."""
