"""The `acquit` command: a client of the public APIs, and the local stack."""
