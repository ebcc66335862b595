"""What the writer remembers from one commit to the next, so that it need not read it again.

The invariant: a ledger's rows are remembered under its **revision**, which every commit that
changes a row or an entry of that ledger raises by one, whoever makes it. So they hold as long
as the revision is the one they were remembered under, and not a moment longer.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field

from shared.chains import Head
from shared.decider import Need, Picture, Row

_ROWS_MAX = 50_000  # in all; the oldest are forgotten first


@dataclass(slots=True)
class Memory:
    """Rows of one ledger as they are under its head: settings whole, others one by one."""

    head: Head
    settings: dict[type[Row], dict[Hashable, Row]] = field(default_factory=dict)
    seen: Collection[Need] = ()
    rows: "OrderedDict[tuple[type[Row], Hashable], Row]" = field(default_factory=OrderedDict)


class Memories:
    """What is remembered of each ledger; of those not used for long, nothing."""

    def __init__(
        self, settings: Collection[type[Row]], forgets: Callable[[type[Row]], bool]
    ) -> None:
        """Take the kinds of rows that only our own facts change, and which kinds are not kept."""
        self._settings = settings
        self._forgets = forgets
        self._ledgers: OrderedDict[str, Memory] = OrderedDict()
        self._size = 0

    def head(self, ledger: str) -> Head | None:
        """Return the head under which something is remembered of a ledger."""
        memory = self._ledgers.get(ledger)
        return memory.head if memory else None

    def picture(self, head: Head) -> Picture:
        """Return a picture of a ledger that holds what is remembered, if it is still so."""
        memory = self._ledgers.get(head.ledger)
        if memory is None or (memory.head.revision, memory.head.hash) != (head.revision, head.hash):
            self.forget(head.ledger)
            return Picture(head.ledger)
        return Picture(head.ledger, memory.settings, memory.seen, memory.rows)

    def forget(self, ledger: str) -> None:
        """Remember nothing more of a ledger."""
        memory = self._ledgers.pop(ledger, None)
        if memory:
            self._size -= len(memory.rows)

    def keep(self, picture: Picture, head: Head) -> None:
        """Remember the rows of a picture under the head that its commit left."""
        memory = self._ledgers.setdefault(picture.ledger, Memory(head))
        memory.head = head
        before = len(memory.rows)
        for kind, rows in picture.rows():
            if kind in self._settings:
                memory.settings[kind] = rows
            elif not self._forgets(kind):
                for key, row in rows.items():
                    memory.rows[kind, key] = row
                    memory.rows.move_to_end((kind, key))
        memory.seen = [need for need in picture.seen if need.row in self._settings]
        self._size += len(memory.rows) - before
        self._ledgers.move_to_end(picture.ledger)
        self._forget_oldest()

    def _forget_oldest(self) -> None:
        while self._size > _ROWS_MAX and len(self._ledgers) > 1:
            self.forget(next(iter(self._ledgers)))
        memory = next(iter(self._ledgers.values()))
        while self._size > _ROWS_MAX:
            memory.rows.popitem(last=False)
            self._size -= 1
