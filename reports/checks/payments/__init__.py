"""Checks of the reference payment system: each payment reconciled, and its ledger."""
