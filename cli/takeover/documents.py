"""Sales entries made into invoices and credit notes.

Each line of a customer account becomes one document, whose total is that line. A sale with
several such lines (customers, or due dates) is shared among them in proportion, by largest
remainder on the running total, so that no cent is lost in either direction.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cli.takeover.items import Document, NetLine, VatLine
from cli.takeover.shares import split
from cli.takeover.vat import Sale, rate_text, sale_of
from shared.fec import Line


def documents(
    customers: Sequence[Line],
    sale_lines: Sequence[Line],
    *,
    keys: Mapping[int, str],
    names: Mapping[int, str],
) -> Iterator[Document]:
    """Return one document per customer line of a sale.

    `keys` and `names` give the key and the customer of each line, by line number.
    """
    sale = sale_of(sale_lines)
    components = [*(net.cents for net in sale.nets), *(vat.cents for vat in sale.vats)]
    whole = sum(components)
    parts = split(components, [line.cents for line in customers])
    for line, amounts in zip(customers, parts, strict=True):
        sign = 1 if line.cents > 0 else -1
        net_lines = _net_lines(sale, amounts, sign)
        yield Document(
            key=keys[line.number],
            customer=names[line.number],
            kind="invoice" if sign > 0 else "credit_note",
            reference=line.voucher,
            issued_on=line.voucher_on or line.booked_on,
            booked_on=line.booked_on,
            label=line.label,
            total_cents=abs(line.cents),
            net_lines=net_lines,
            vat_lines=_vat_lines(sale, amounts[len(sale.nets) :], net_lines, sign),
            share_of_cents=None if line.cents == whole else abs(whole),
            lines=(line.number,),
        )


def _net_lines(sale: Sale, amounts: Iterable[int], sign: int) -> tuple[NetLine, ...]:
    """Return the net lines of one document, those shared down to nothing left out."""
    return tuple(
        NetLine(
            account=net.account,
            label=net.label,
            net_cents=sign * cents,
            rate=rate_text(net.rate),
        )
        for net, cents in zip(sale.nets, amounts, strict=False)
        if cents
    )


def _vat_lines(
    sale: Sale, amounts: Iterable[int], net_lines: Iterable[NetLine], sign: int
) -> tuple[VatLine, ...]:
    """Add the nets up by rate, beside the VAT that the file gives."""
    nets: dict[str, int] = {}
    for line in net_lines:
        nets[line.rate] = nets.get(line.rate, 0) + line.net_cents
    vats = {
        rate_text(vat.rate): sign * cents for vat, cents in zip(sale.vats, amounts, strict=True)
    }
    return tuple(
        VatLine(rate=rate, net_cents=nets.get(rate, 0), vat_cents=vats.get(rate, 0))
        for rate in dict.fromkeys((*nets, *vats))
        if nets.get(rate) or vats.get(rate)
    )
