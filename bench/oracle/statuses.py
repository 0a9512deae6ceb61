"""What the statuses of an order mean to the oracle."""

STABLE = ("reserved", "paid", "shipped", "delivered", "rejected", "cancelled")
BOUGHT = ("paid", "shipped", "delivered")
OVER = ("delivered", "rejected", "cancelled")
