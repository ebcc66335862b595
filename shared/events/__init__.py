"""Facts: what happened, in the past tense, frozen, with a wire name that never changes.

Each class registers its `type`; `decode` turns a wire name and plain data back into the
fact. Fields are only ever added, with a default; readers ignore fields they don't know.
"""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict
from typing_extensions import override

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
        """Return the fact as JSON-ready data."""
        return self.model_dump(mode="json")


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
