"""Reconciliation: which money settles what."""
