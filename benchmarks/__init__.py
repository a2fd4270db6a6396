"""How fast vecstore is, beside others and beside what the machine can do.

==================== ==============================================================
machine              what memory and BLAS reach here, measured in the same run
datasets             the vectors and the queries
answers              the truth in float64, and recall by distance threshold
peer                 what every searcher looks like: prepare once, search often
ours                 vecstore, at every level and in Numba
numpy_blas, rivals   the others, each a small function
stopwatch, conftest  the clock of bench_*.py, run by pytest-benchmark
measurement          the clock of peers.py, the comparison as a program
report, figure       its table, its CSV file, its picture
crossover            our own paths against each other: what the planner goes by
==================== ==============================================================
"""
