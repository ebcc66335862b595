"""Invoicing: documents and what is still owed on them."""
