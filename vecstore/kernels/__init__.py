"""The kernels: pure functions over buffers, written three times.

================ ====================================================================
module           what it is
================ ====================================================================
`reference`      NumPy, float64, plain: the specification
`jit`            Numba: runs wherever Python runs, and user-defined metrics
`native`         C++: `csrc/`, one set of functions per instruction set
================ ====================================================================
"""
