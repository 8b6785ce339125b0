"""`python -m closeout` is the `closeout` command."""

from closeout.cli import main

main()
