"""The local stack: PostgreSQL, Apache Kafka and the services as processes of this machine.

Nothing needs installing first: PostgreSQL and Java come as wheels, Kafka from Maven. All data
lies in one folder, everything listens on 127.0.0.1 only, and no process outlives the one that
started it. `Stack` is for tests, `control` for the command line.
"""
