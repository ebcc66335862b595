"""The third parties that the settings name."""

from collections.abc import Mapping
from typing import assert_never

from services.archive.settings import (
    DepositorySettings,
    PartySettings,
    Settings,
    TimestampSettings,
    certificates_in,
    key_in,
)
from services.archive.third_parties.depository import Depository
from services.archive.third_parties.third_party import ThirdParty
from services.archive.third_parties.timestamping import Timestamping


def third_parties(settings: Settings) -> Mapping[str, ThirdParty]:
    """Return each third party by its name, those too that get nothing any more."""
    return {name: _made(party) for name, party in settings.third_parties.items()}


def active(settings: Settings) -> list[str]:
    """Name the third parties that every package is handed to."""
    return [name for name, party in settings.third_parties.items() if party.active]


def _made(party: PartySettings) -> ThirdParty:
    match party:
        case TimestampSettings():
            return Timestamping(url=party.url, trusted=certificates_in(party.certificates))
        case DepositorySettings():
            token = party.token.get_secret_value()
            return Depository(url=party.url, token=token, public_key=key_in(party.public_key))
        case _:
            assert_never(party)
