"""What the extractor and the classifier of images have in common.

How images become vectors::

    files       which images there are, what they are called, what they show
    pixels      a `tf.data` pipeline that reads, decodes and resizes them ahead of the network
    families    the networks of `keras.applications`, and what each wants done to its pixels
    networks    one of them with its weights, or any model
    layers      the part of it that ends at a layer, from pixels to vectors
    fusing      the same network, faster
    batches     images through it, and which of them cannot be read

Importing this package loads neither Keras nor TensorFlow; using it does.
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
