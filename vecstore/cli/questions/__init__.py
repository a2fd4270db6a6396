"""Commands that ask a store for vectors and neighbours.

============== ===================================================================
query          get, similar, search, analogy, compose
words          odd, rank, relate: small questions about a few keys
neighbors      neighbors: the nearest keys of every key
duplicates     duplicates: groups of vectors that are nearly the same
outliers       outliers: keys that are far from all others
hubs           hubs: keys that are neighbours of many others
expression     parsing ``king - man + woman`` and ``king=1 man=-1``
vectors        query vectors from files and pipes; vectors and answers into files
frame          printing a table of a key and a number
============== ===================================================================
"""
