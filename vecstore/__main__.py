"""``python -m vecstore``: the command line."""

from vecstore.cli.main import main

main(prog_name="vecstore")
