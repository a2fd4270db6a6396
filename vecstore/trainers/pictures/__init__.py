"""A classifier of images on top of a pretrained network.

- `idx`: reading the IDX files of MNIST;
- `image_data`: labelled images: found, checked and split;
- `images`: `ImageClassifier`.
"""

from vecstore.trainers.pictures.idx import read_idx
from vecstore.trainers.pictures.images import ImageClassifier

__all__ = [
    "ImageClassifier",
    "read_idx",
]
