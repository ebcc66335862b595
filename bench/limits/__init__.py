"""The limits that ours is held against: PostgreSQL, Kafka and Python alone."""
