"""Where Kafka's jars come from: Maven, through jgo.

The address is jgo's own setting (its config file may name mirrors), never ours, and is not
written into the lock. `python -m deploy.local.maven` renews the lock from jgo.toml.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.env import EnvironmentBuilder, EnvironmentSpec, LockFile, compute_spec_hash
from jgo.maven import MavenContext
from requests import RequestException

from deploy.local.errors import StackError
from deploy.local.jars import LOCK, Jar, default_store

SPEC: Final = Path(__file__).with_name("jgo.toml")
ATTEMPTS_MAX: Final = 3
AT_A_TIME: Final = 8
TIMEOUT_SECONDS: Final = 60


def download(jars: Iterable[Jar], store: Path) -> None:
    """Bring jars into the store, several at a time; raise StackError if one can't be had."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        list(pool.map(partial(_download, store=store), jars))


def renew_lock() -> None:
    """Resolve jgo.toml again and write what it means today, with checksums."""
    context = _context(default_store())
    spec = EnvironmentSpec.load(SPEC)
    wanted = EnvironmentBuilder(context, cache_dir=default_store()).spec_to_dependencies(spec)
    inputs, transitive = context.resolver.resolve(wanted)
    lock = LockFile.from_resolved_dependencies(
        [*inputs, *transitive], environment_name=spec.name, spec_hash=compute_spec_hash(SPEC)
    )
    lock.generated = datetime.fromtimestamp(0, UTC)  # the same spec, the same file
    lock.save(LOCK)


def _context(store: Path) -> MavenContext:
    repositories = {"central": MAVEN_CENTRAL_URL, **GlobalSettings.load().repositories}
    return MavenContext(repo_cache=store, remote_repos=repositories, timeout=TIMEOUT_SECONDS)


def _download(jar: Jar, *, store: Path) -> None:
    artifact = _context(store).project(jar.group, jar.name).at_version(jar.version).artifact()
    trouble: Exception | str = ""
    for _ in range(ATTEMPTS_MAX):
        jar.path(store).unlink(missing_ok=True)
        try:
            artifact.resolve()
        except (RequestException, RuntimeError) as error:
            trouble = error
        else:
            if jar.is_intact(store):
                return
            trouble = "its SHA-256 is not the one in jgo.lock.toml"
    jar.path(store).unlink(missing_ok=True)
    raise StackError(
        f"{jar.name} {jar.version} could not be downloaded ({trouble}): "
        "check the network and run it again"
    )


if __name__ == "__main__":
    renew_lock()
