"""Payments: one saga a payment, an idempotency key with its stored answer, a sweeper."""
