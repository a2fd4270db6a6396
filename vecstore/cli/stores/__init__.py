"""Commands that make, describe, verify, copy and index stores.

============== ===================================================================
manage         import, create, info, export
check          check: whether a store is whole
compact        compact: give back the space of deleted rows
backup         backup: copy a store, even beside a writer
index          index build, tune and drop, for approximate search
extract        extract: vectors of images from a Keras network
bench          bench: recall against speed, ours and others'
demo           demo: the guided tour over the bundled word vectors
completion     completion: the script that completes commands in a shell
============== ===================================================================
"""
