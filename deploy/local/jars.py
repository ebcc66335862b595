"""Kafka's jars: exactly those of jgo.lock.toml, each with the SHA-256 written there.

They are downloaded once per machine into the user's cache and hashed again at every start.
One that does not match is fetched anew, and refused if it still differs.
"""

import fcntl
import hashlib
import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

LOCK: Final = Path(__file__).with_name("jgo.lock.toml")


@dataclass(frozen=True, kw_only=True)
class Jar:
    """One locked jar, by its Maven coordinates."""

    group: str
    name: str
    version: str
    sha256: str

    @classmethod
    def of(cls, locked: dict[str, str]) -> Self:
        """Read one entry of the lock."""
        return cls(
            group=locked["groupId"],
            name=locked["artifactId"],
            version=locked["version"],
            sha256=locked["sha256"],
        )

    def path(self, store: Path) -> Path:
        """Return where the jar lies in a store, which is laid out as Maven's are."""
        folder = store / self.group.replace(".", "/") / self.name / self.version
        return folder / f"{self.name}-{self.version}.jar"

    def is_intact(self, store: Path) -> bool:
        """Say whether the store has the jar, and the very one that is locked."""
        path = self.path(store)
        if not path.exists():
            return False
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() == self.sha256


def locked() -> list[Jar]:
    """Return the jars of the lock."""
    return [Jar.of(entry) for entry in tomllib.loads(LOCK.read_text("utf-8"))["dependencies"]]


def digest() -> str:
    """Return one SHA-256 over all the locked jars."""
    return hashlib.sha256("".join(jar.sha256 for jar in locked()).encode()).hexdigest()


def default_store() -> Path:
    """Return where this user's downloaded jars lie."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "acquit" / "jars"


def fetch(store: Path, *, say: Callable[[str], None]) -> list[Path]:
    """Return the locked jars, downloading what is missing; raise StackError if one can't be had."""
    store.mkdir(parents=True, exist_ok=True)
    with (store / "lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if missing := [jar for jar in locked() if not jar.is_intact(store)]:
            from deploy.local import maven  # noqa: PLC0415 - heavy, and needed once per machine

            say(f"downloading Apache Kafka ({len(missing)} jars, once)")
            maven.download(missing, store)
    return [jar.path(store) for jar in locked()]
