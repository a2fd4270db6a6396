"""How fast vecstore is, beside others and beside what the machine can do.

=============== =================================================================
machine         what memory and BLAS reach here, measured in the same run
datasets        the vectors and the queries
answers         the truth in float64, and recall by distance threshold
others          each exact peer as a small function
approximate     the approximate one, for context
bench_*         pytest-benchmark: candidate and baseline in one group
peers, figure   the comparison as a program: a table, a CSV file, a picture
=============== =================================================================
"""
