"""The command line: the Python API as shell commands.

Nothing is computed here: a command parses its arguments, calls the library and prints the answer.
Read the modules in this order.

============== ===================================================================
main           the group of all commands; turns errors into exit codes
options        arguments and options that several commands share
output         answers as tables, tab-separated lines or JSON
fields         one value as the text of one field
tables         the tables, which need rich
stores/        commands that make, describe, verify, copy and index stores
questions/     commands that ask a store for neighbours
analysing/     commands that evaluate, cluster, classify, align and project
training/      ``vecstore train`` and its subcommands
plotting/      ``vecstore plot`` and its subcommands
numpy_files    reading .npy and .npz files, with errors that name the file
progress       progress bars on a terminal
quiet          importing Keras and TensorFlow without their messages
============== ===================================================================
"""
