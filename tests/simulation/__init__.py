"""A simulation of the core: real writers, relays and followers, on everything else made up.

Journal, desk, followed units, relay, follower and the domains of three services run as they
are. The database, Kafka, the clock and the order in which anything goes on are in memory and
drawn from a seed, so that a history that fails can be played again by its seed alone.
"""
