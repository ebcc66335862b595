"""What a period leaves: entries in, the bytes of a sealed package out. Pure."""
