"""If these failed, an operator who did as told could leave a service without some facts."""

from tests.shared.following import applied, written
from tests.shared.notes import names
from tests.shared.shelf import Shelf, put, running, until
from tests.shared.topic import Topic

BUSY = "busy"


async def test_a_topic_made_anew_in_another_order_is_followed_whole(
    owner: Shelf, reader: Shelf
) -> None:
    """Made anew, a topic has its ledgers in another order; what is early in it may be new to us.

    The old topic: ten entries of a busy ledger, then one of another that the follower did not
    get to. The new one begins with that one, and nothing more is written in its ledger.
    """
    topic, journal = Topic.of(owner), await reader.writing()
    await topic.delete()
    await topic.make(partitions=1)
    await put(await owner.writing(), names(10), BUSY)
    await topic.send(await owner.entries(BUSY))
    follower = reader.follower(owner.name, journal)
    async with running(follower.run_forever()):
        await applied(reader, owner, 10, BUSY)
        await until(lambda: offset_is_kept(reader, 10))
    await topic.delete()
    await topic.make(partitions=1)
    missed = await written(owner, 1)
    await topic.send(missed)
    await topic.send(await owner.entries(BUSY))
    again = reader.follower(owner.name, journal)
    async with running(again.run_forever()):
        await until(lambda: again.connected and again.lag == 0)
        assert await reader.checkpoint(owner.name) == 1, "one is missing, and nothing says so"


async def offset_is_kept(reader: Shelf, offset: int) -> bool:
    return bool(await reader.sql("SELECT 1 FROM topic_offsets WHERE next_offset = $1", offset))
