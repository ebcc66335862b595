"""What the archive keeps: each followed entry as it came, and what it decided itself."""

from collections.abc import Iterable

from services.archive.domain.closing import Closing
from services.archive.domain.copy import CopiedEntry, copied, place
from services.archive.domain.deposit import Deposit, deposit_name
from services.archive.domain.finding import Finding, finding_name
from shared.bus import Message
from shared.decider import Need, Picture, fresh, one
from shared.events.archive import IntegrityFlawDetected, PackageDeposited, PeriodClosed
from shared.projection import Projection
from shared.seal import Entry


class Copyist:
    """Copies every followed entry, byte for byte, once it is sure that it continues the copy.

    It checks bytes, place and link, for which it needs no key. Signatures are checked by
    a verification: only the last entry of a commit is signed, so no entry can be vouched
    for by its signature as it arrives, and the chain lets any later one vouch for it.
    """

    def needs(self, message: Message) -> Iterable[Need]:
        """Name the entry copied before it, and whatever was copied in its place."""
        source, position = _origin(message)
        yield one(CopiedEntry, place(source, position - 1))
        yield one(CopiedEntry, place(source, position))

    def take(self, picture: Picture, message: Message) -> None:
        """Add the entry to the copy; raise DoesNotContinueCopy, which stops the follower."""
        source, position = _origin(message)
        before = picture.find(CopiedEntry, place(source, position - 1))
        same = picture.find(CopiedEntry, place(source, position))
        row = copied(source, message.stored, before=before, same=same)
        if row is not same:
            picture.put(row)


def _origin(message: Message) -> tuple[str, int]:
    return str(message.envelope["service"]), message.stored.position


PROJECTION = Projection()
PROJECTION.keep(Copyist())


def _named(fact: IntegrityFlawDetected) -> str:
    return finding_name(fact.found_in, fact.service, fact.position, fact.flaw)


@PROJECTION.on(IntegrityFlawDetected, lambda fact: [one(Finding, _named(fact))])
def keep_on_record(picture: Picture, entry: Entry, fact: IntegrityFlawDetected) -> None:
    """Keep the flaw, so that finding it again writes nothing."""
    picture.put(
        Finding(
            ledger=entry.ledger,
            name=_named(fact),
            found_in=fact.found_in,
            service=fact.service,
            flawed_position=fact.position,
            flaw=fact.flaw,
            detail=fact.detail,
            position=entry.position,
        )
    )


@PROJECTION.on(PeriodClosed, lambda fact: [fresh(Closing, fact.period)])
def keep_closing(picture: Picture, entry: Entry, fact: PeriodClosed) -> None:
    """Keep what closed the period."""
    plain = fact.plain()
    listed = ("journals", "totals", "year_totals", "perpetual_totals")
    said = {name: getattr(fact, name) for name in PeriodClosed.model_fields}
    picture.put(
        Closing(
            ledger=entry.ledger,
            **(said | {name: tuple(plain[name]) for name in listed}),
            closed_at=entry.recorded_at,
            closed_by=entry.context.actor,
            position=entry.position,
        )
    )


@PROJECTION.on(PackageDeposited, lambda fact: [fresh(Deposit, _deposit(fact))])
def keep_deposit(picture: Picture, entry: Entry, fact: PackageDeposited) -> None:
    """Keep the receipt."""
    picture.put(
        Deposit(
            ledger=entry.ledger,
            name=_deposit(fact),
            **{name: getattr(fact, name) for name in PackageDeposited.model_fields},
            deposited_at=entry.recorded_at,
            position=entry.position,
        )
    )


def _deposit(fact: PackageDeposited) -> str:
    return deposit_name(fact.period, fact.third_party)
