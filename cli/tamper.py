"""`acquit tamper`: play the villain on the local stack, to see that it shows.

Becomes the database's superuser, switches the journal's triggers off and changes one byte
of one sealed entry, or puts it back. Only for the local stack, whose superuser it is.
"""

import asyncio
from typing import Annotated

import asyncpg
import typer

from cli.output import Ledger, console, fail
from deploy.local import control
from deploy.local.errors import StackError
from deploy.local.keys import SUPERUSER, Secrets
from deploy.local.ports import HOST
from shared.names import SERVICES

_FLIP = """
UPDATE journal SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1)
WHERE ledger = $1 AND position = $2
"""


def tamper(
    service: Annotated[str, typer.Option(help="Whose journal.")] = "payments",
    position: Annotated[int, typer.Option(min=1, help="Which entry.")] = 1,
    ledger: Ledger = "demo",
) -> None:
    """Flip one bit of a sealed entry as the database's superuser; the same again puts it back.

    Example:  acquit tamper --service payments --position 10, then acquit verify
    """
    if service not in SERVICES:
        fail(f"no service is called {service}; there are {', '.join(SERVICES)}", 2)
    try:
        status = control.status()
        password = Secrets.of(control.DEFAULT_FOLDER).passwords[SUPERUSER]
    except StackError as error:
        fail(str(error))
    if not status.ready:
        fail("nothing is running here: start it with `acquit up`")
    done = asyncio.run(_flip(service, ledger, position, password, status.ports["postgres"]))
    if done != "UPDATE 1":
        fail(f"the journal of {service} has no position {position} in ledger {ledger}")
    console.print(f"flipped one bit of {service}, ledger {ledger}, position {position}")
    console.print("now ask: acquit verify (and run the same command again to put it back)")


async def _flip(service: str, ledger: str, position: int, password: str, port: int) -> str:
    connection = await asyncpg.connect(
        host=HOST, port=port, user=SUPERUSER, password=password, database=f"acquit_{service}"
    )
    try:
        async with connection.transaction():
            await connection.execute("ALTER TABLE journal DISABLE TRIGGER ALL")
            done: str = await connection.execute(_FLIP, ledger, position)
            await connection.execute("ALTER TABLE journal ENABLE ALWAYS TRIGGER only_added_rows")
            await connection.execute("ALTER TABLE journal ENABLE ALWAYS TRIGGER only_added")
            return done
    finally:
        await connection.close()
