"""Log-in by OpenID Connect: which providers there are, and how one is asked who somebody is."""
