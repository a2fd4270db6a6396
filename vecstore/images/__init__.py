"""From images to vectors: what the extractor and the classifier of images share.

Importing this package loads neither Keras nor TensorFlow; using it does. In reading order:

- `listing`, `archives`, `files`: which images there are, their keys, and their labels;
- `orientation`, `pixels`: a `tf.data` pipeline that decodes images ahead of the network;
- `families`, `networks`: the networks of `keras.applications` and their weights, or any model;
- `layers`, `fusing`: the part of a network that ends at a layer, and the same network, faster;
- `batches`: images through a network, and which of them cannot be read;
- `report`, `image_store`: what was left out, and the store that the vectors go to;
- `extractor`: `ImageExtractor`, which puts all of it together.
"""

from vecstore.images.batches import find_unread, read_batches, why_unread
from vecstore.images.extractor import ImageExtractor
from vecstore.images.families import family, preprocess, require_keras
from vecstore.images.files import Images, Source, check_source, describe_others, open_images
from vecstore.images.layers import input_size
from vecstore.images.listing import problem_of
from vecstore.images.networks import load_network, versions
from vecstore.images.pixels import labelled_batches

__all__ = [
    "ImageExtractor",
    "Images",
    "Source",
    "check_source",
    "describe_others",
    "family",
    "find_unread",
    "input_size",
    "labelled_batches",
    "load_network",
    "open_images",
    "preprocess",
    "problem_of",
    "read_batches",
    "require_keras",
    "versions",
    "why_unread",
]
