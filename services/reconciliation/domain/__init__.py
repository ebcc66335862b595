"""What reconciliation decides: pure, no clock, no id, no I/O."""
