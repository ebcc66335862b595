"""What the archive decides: what it copies, what it finds wrong. Pure."""
