"""Commands that analyse what the vectors of a store mean.

============== ===================================================================
evaluate       evaluate: analogies and rated pairs of words
classify       classify: how well an attribute can be predicted from the vectors
cluster        cluster: groups of rows that lie together
project        project: coordinates of all keys for a map
align          align: moving one language into the space of another
translate      translate: text word by word, in a space that two stores share
events         events: the records of a table as rows of a store
============== ===================================================================
"""
