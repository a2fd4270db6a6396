"""What lies between a store and an engine: derived data, and the choice of the way to an answer.

============ ==============================================================
`codes`      from rows to codes: where their center lies
`exact`      which path an exact search takes, and taking it
============ ==============================================================

Nothing here is a source of truth: codes can be thrown away and made again from the vectors.
"""
