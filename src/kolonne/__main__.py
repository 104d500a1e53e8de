"""`python -m kolonne` is the command `kolonne`."""

from kolonne.cli import main

main()
