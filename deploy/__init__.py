"""Where Acquit runs: the local stack, containers, and what both need set up."""
