"""The proof that a store is whole: every byte read, everything derived computed once more.

Each module yields `Problem`s instead of raising, so that one run finds all damage. The modules, in
the order in which to read them:

- `problems`: one thing that is wrong, and how an error becomes one;
- `whole`: `check`, which opens every file of the newest generation and goes through them;
- `segment`: keys, vectors, norms and columns of one segment;
- `codes`: the bounds that 8-bit codes promise;
- `keys`: the journal, and keys that two live rows share.
"""
