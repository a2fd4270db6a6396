"""Vectors of the categories in a table, learned by predicting a number from pairs of them.

- `category_tables`: columns of tables as texts and amounts;
- `fields`: the categories of a column, numbered;
- `factor_network`: the network and its learning rate; `factors`: its weights, for predictions;
- `categories`: `CategoricalFactors`.
"""
