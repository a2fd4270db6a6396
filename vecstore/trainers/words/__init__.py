"""Trainers of word vectors.

- `word_trainer`: what they share: a vocabulary;
- `window`: `WordWindow`, which predicts the next word;
- `word2vec`: `Word2Vec`, on the layer of `negative_sampling`;
- `cooccurrence`: `Cooccurrence`, counts weighed by `weights` and factored by `matrices`.
"""
