"""`python -m services.invoicing api|worker|serve|migrate|rebuild`."""

from services.invoicing.service import SERVICE
from shared.process import command_line

if __name__ == "__main__":
    command_line(SERVICE)()
