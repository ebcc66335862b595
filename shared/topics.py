"""Kafka's topics: one per service, unlimited retention, made if they are not there.

`python -m shared.topics host:port,…` makes them and ends; it is harmless to run again. Where
there are three brokers each entry is on three, and two must have it before it counts.
"""

import asyncio
import sys
from collections.abc import Sequence
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.bus import TOPIC_SETTINGS, topic_of
from shared.names import SERVICES

PARTITIONS: Final = 4
REPLICAS_MAX: Final = 3
ACCEPTED: Final = (0, TopicAlreadyExistsError.errno)


async def create_topics(servers: str, services: Sequence[str] = SERVICES) -> None:
    """Make the topic of each service; raise aiokafka's error if the broker refuses one."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        brokers = len((await admin.describe_cluster())["brokers"])
        replicas = min(brokers, REPLICAS_MAX)
        settings = TOPIC_SETTINGS | {"min.insync.replicas": str(max(1, replicas - 1))}
        topics = [
            NewTopic(topic_of(service), PARTITIONS, replicas, topic_configs=settings)
            for service in services
        ]
        answer = await admin.create_topics(topics)
    finally:
        await admin.close()
    for name, code, *_ in answer.topic_errors:
        if code not in ACCEPTED:
            raise for_code(code)(name)


if __name__ == "__main__":
    asyncio.run(create_topics(sys.argv[1]))
