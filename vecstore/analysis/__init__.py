"""What the vectors of a store mean: directions in it, maps, clusters and comparisons.

Every function takes a store, or arrays, and reads; none writes to a store. Libraries that cost
seconds to load (scikit-learn, matplotlib, openTSNE) are loaded by the function that needs them.
"""
