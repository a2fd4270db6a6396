"""``vecstore plot``: commands that each draw one kind of picture.

============== ===================================================================
plot           the group of these commands
picture        ``--out FILE``, and saving the figure there
map            plot map, plot extremes: pictures of all keys
keys           plot neighbours, plot analogy, plot matrix: pictures of a few keys
images         plot images: images and those nearest to them
curves         plot curves: the course of a training
============== ===================================================================
"""
