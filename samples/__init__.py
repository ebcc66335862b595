"""A fictional company's year, for the demo: see `samples.generate`."""
