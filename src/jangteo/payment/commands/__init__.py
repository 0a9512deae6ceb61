"""The use cases of payments, one module each; the provider is never called inside a transaction."""
