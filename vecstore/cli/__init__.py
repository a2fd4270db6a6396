"""The command line: the verbs of the Python API, spelled for a shell.

Nothing is computed here: a command parses its arguments, calls the library and prints the answer.

============= ==================================================================
main          the group of commands, and the one mapping of errors to exit codes
options       arguments and options that several commands share
manage        import, create, info, export
query         get, similar, search, analogy, compose
neighbors     neighbors
demo          the guided tour over the bundled word vectors
completion    the script that teaches a shell to complete commands
expression    ``king - man + woman`` and ``king=1 man=-1`` as text
vectors       query vectors from a file or from standard input
output        tables for people; tab-separated lines and JSON for programs
progress      bars on a terminal
============= ==================================================================
"""
