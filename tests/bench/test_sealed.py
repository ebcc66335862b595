"""If these failed, growth would be measured on journals that would not verify."""

from base64 import b64encode
from uuid import UUID, uuid4

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.sealed import Forge, Pattern
from shared.canonical import canonical
from shared.checking import Chain
from shared.seal import SealedEntry, Signer, genesis

LEDGER = "long"
SEED = bytes(range(32))
KEY = Ed25519PrivateKey.from_private_bytes(SEED)


def first_payment(payment_id: UUID) -> bytes:
    """Return the sealed bytes of a payment at position 1, as the writer would seal it."""
    return canonical(
        {
            "actor": "100 % alice",
            "data": {
                "number": "RC2506-1",
                "numbering_count": 1,
                "numbering_period": "RC2506-{n}",
                "payment_id": str(payment_id),
            },
            "id": str(uuid4()),
            "ledger": LEDGER,
            "position": 1,
            "previous_hash": genesis("payments", LEDGER).hex(),
            "recorded_at": "2025-08-18T10:00:00.000000Z",
            "service": "payments",
            "stream": f"payment/{payment_id}",
            "type": "payments.payment-recorded.v1",
        }
    )


def test_what_is_made_by_the_pattern_continues_the_chain_and_verifies() -> None:
    sealed = first_payment(uuid4())
    chain = Chain("payments", LEDGER, b64encode(KEY.public_key().public_bytes_raw()).decode())
    signer = Signer("payments", b64encode(SEED).decode())
    forge = Forge(LEDGER, signer, Pattern.of(sealed), 0, genesis("payments", LEDGER))
    rows = [forge.entry(uuid4(), last=left == 1) for left in range(200, 0, -1)]
    entries = [SealedEntry(row[0], row[1], *row[6:9]) for row in rows]
    assert chain.first_flaw(entries) is None
    assert chain.finish() is None
    assert chain.position == 200


def test_what_is_made_by_the_pattern_is_canonical_and_numbered_without_a_hole() -> None:
    payment_id = uuid4()
    signer = Signer("payments", b64encode(SEED).decode())
    pattern = Pattern.of(first_payment(payment_id))
    forge = Forge(LEDGER, signer, pattern, 1, genesis("payments", LEDGER))
    rows = [forge.entry(uuid4(), last=False) for _ in range(12)]
    envelopes = [orjson.loads(row[6]) for row in rows]
    assert [row[6] for row in rows] == [canonical(envelope) for envelope in envelopes]
    numbers = [envelope["data"]["number"] for envelope in envelopes]
    assert numbers == [f"RC2506-{count}" for count in range(2, 14)]
    assert [row[3] for row in rows] == [envelope["stream"] for envelope in envelopes]
