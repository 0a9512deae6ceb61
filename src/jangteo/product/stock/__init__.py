"""Stock in PostgreSQL: reserved all or nothing, sold, given back; every change a row of the ledger."""
