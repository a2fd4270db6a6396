"""``python -m vecstore``: the command line."""

from vecstore.cli import main

main(prog_name="vecstore")
