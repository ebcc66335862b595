"""Whom packages are handed to: each proves with a receipt that it saw one, or keeps it."""
