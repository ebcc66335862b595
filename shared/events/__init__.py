"""Facts: what happened, in the past tense, frozen, with a wire name that never changes.

Each class registers its `type`; `decode` turns a wire name and plain data back into the
fact. Fields are only ever added, with a default; readers ignore fields they don't know.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from typing_extensions import override

from shared.dates import instant_text
from shared.money import Money

_REGISTRY: dict[str, type["Event"]] = {}


class UnknownEventType(LookupError):
    """No fact has this wire name."""


class Value(BaseModel):
    """A part of a fact: frozen, and tolerant of fields added later."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Value):
    """A fact of one service's journal."""

    type: ClassVar[str]
    about: ClassVar[str] = ""  # its stream, such as "payment/{payment_id}"

    @classmethod
    @override
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if cls.type in _REGISTRY:
            raise TypeError(f"two facts share the wire name {cls.type}")
        _REGISTRY[cls.type] = cls

    def stream(self) -> str:
        """Return what the fact is about, such as `payment/0192…`."""
        return self.about.format_map(self.__dict__)

    def plain(self) -> dict[str, Any]:
        """Return the fact as JSON-ready data: what `model_dump(mode="json")` says, faster."""
        return {name: _plain(value) for name, value in self.__dict__.items()}


def _plain(value: Any) -> Any:
    """Return a value of a fact as JSON-ready data."""
    write = _WRITERS.get(type(value))
    if write:
        return write(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Value):
        return {name: _plain(part) for name, part in value.__dict__.items()}
    if isinstance(value, str | int | None):
        return value
    raise TypeError(f"a fact holds no {type(value).__name__}")


_WRITERS: dict[type[Any], Callable[[Any], Any]] = {
    date: date.isoformat,
    datetime: instant_text,
    tuple: lambda parts: [_plain(part) for part in parts],
    Money: lambda money: {"currency": money.currency, "value": str(money)},
}


def event_class(wire_name: str) -> type[Event]:
    """Return the class of a wire name; raise UnknownEventType if there is none."""
    try:
        return _REGISTRY[wire_name]
    except KeyError:
        raise UnknownEventType(wire_name) from None


def event_types() -> dict[str, type[Event]]:
    """Return every fact registered so far, by wire name."""
    return dict(_REGISTRY)


def decode(wire_name: str, data: dict[str, Any]) -> Event:
    """Turn plain data back into its fact.

    Raises UnknownEventType, or pydantic's ValidationError when the data don't fit.
    """
    return event_class(wire_name).model_validate(data)
