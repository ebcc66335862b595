"""`python -m services.payments api|worker|serve|migrate|rebuild`."""

from services.payments.service import SERVICE
from shared.process import command_line

if __name__ == "__main__":
    command_line(SERVICE)()
