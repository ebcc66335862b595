"""What invoicing decides: pure, no clock, no id, no I/O."""
