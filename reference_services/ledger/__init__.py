"""Ledger: double entry, append-only, each transfer once."""
