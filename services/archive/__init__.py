"""Archive: the memory that can prove itself."""
