"""Views of all rows of a store at once: where they lie, which are together, which stand out.

In reading order:

- `components`: principal components of the rows;
- `written_columns`: results that become attributes of the store;
- `projection`: every row as a point of the plane; `clusters`: rows in groups;
- `copies`: vectors that are nearly the same;
- `outliers_and_hubs`: rows far from all others, and rows near to many;
- `dimensions`: the extremes of a direction, and the direction of an attribute.
"""
