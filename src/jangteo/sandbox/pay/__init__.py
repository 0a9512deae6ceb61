"""The card processor of the sandbox: tokens, payments, refunds, webhooks; it must know nothing of orders or members."""
