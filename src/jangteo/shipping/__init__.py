"""Owns delivery: what it costs, the shipment of each order and its parcels; it knows nothing of prices or payments."""
