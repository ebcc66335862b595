"""What payments decides: pure, no clock, no id, no I/O."""
