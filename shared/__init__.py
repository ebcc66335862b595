"""Words and pipes that the four services share; never a business decision."""
