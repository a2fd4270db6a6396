"""Exact nearest neighbours straight from memory-mapped HDF5, with no index to build."""

__version__ = "0.1.0"
