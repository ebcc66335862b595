"""`python -m services.archive api|worker|serve|migrate|rebuild`."""

from services.archive.service import SERVICE
from shared.process import command_line

if __name__ == "__main__":
    command_line(SERVICE)()
