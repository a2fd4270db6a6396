"""From files to pixels: a pipeline that reads, decodes and resizes ahead of the network."""

import os
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.images.orientation import TRANSPOSED, orientation_of

__all__ = ["labelled_batches", "pixel_batches", "pixels_of", "why_unreadable"]

# Ratios by which a JPEG can be shrunk while it is decoded, largest first. It saves a part of the
# inverse transform (12 megapixels: 17 ms instead of 27), and each pixel is a mean of several, where
# bilinear resizing alone would use four pixels and ignore the others.
_RATIOS = (8, 4, 2)

# A PNG or GIF of a few kilobytes may claim any size, and decoding it allocates that much memory.
_MOST_PIXELS = 1 << 28


def pixels_of(file: Any, size: tuple[int, int, int], *, orient: bool = True) -> tuple[Any, Any]:
    """Read one image as TensorFlow operations: float32 pixels of 0 to 255, and its stored size."""
    import tensorflow as tf

    *sides, channels = size  # channels: 3 for RGB, 1 for grey; proportions are not kept
    # Much larger JPEGs are shrunk by averages while they are decoded; the rest is bilinear. Of an
    # animation, only the first frame is read. The stored size is (height, width), upright.
    content = tf.io.read_file(file)
    noted = tf.constant(1)
    if orient:
        noted = tf.ensure_shape(
            tf.numpy_function(_orientation, [file], tf.int32, stateful=False), ()
        )
    needed = tf.cond(noted < TRANSPOSED, lambda: sides, lambda: sides[::-1])

    def decoded() -> tuple[Any, Any]:
        _check_area(content)
        image = tf.io.decode_image(content, channels=channels, expand_animations=False)
        return image, tf.shape(image)[:2]

    def decoded_jpeg() -> tuple[Any, Any]:
        stored = tf.io.extract_jpeg_shape(content)[:2]
        too_much = [tf.reduce_any(stored // ratio < needed) for ratio in _RATIOS]
        choice = tf.reduce_sum(tf.cast(tf.stack(too_much), tf.int32))
        decoders = [_jpeg_decoder(content, channels, ratio) for ratio in (*_RATIOS, 1)]
        return tf.switch_case(choice, decoders), stored

    image, stored = tf.cond(tf.io.is_jpeg(content), decoded_jpeg, decoded)
    if orient:
        image = tf.cond(noted > 1, lambda: _turned(image, noted), lambda: image)
        stored = tf.cond(noted < TRANSPOSED, lambda: stored, lambda: stored[::-1])
    image.set_shape((None, None, channels))
    return tf.image.resize(image, sides), stored


def pixel_batches(
    files: Sequence[str], size: tuple[int, int, int], batch_size: int, *, orient: bool = True
) -> Any:
    """Return a `tf.data.Dataset` of places in `files`, pixels and sizes, less unreadable files."""
    import tensorflow as tf

    # Places are int64 and ascending, with gaps at unreadable files. Sizes are as in `pixels_of`.
    def read(place: Any, file: Any) -> tuple[Any, Any, Any]:
        return (place, *pixels_of(file, size, orient=orient))

    return (
        tf.data.Dataset.from_tensor_slices(_encoded(files))
        .enumerate()
        .map(read, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        .ignore_errors()
        .batch(batch_size)
        .prefetch(tf.data.AUTOTUNE)
    )


def labelled_batches(
    files: Sequence[str],
    targets: npt.NDArray[np.int32],
    size: tuple[int, int, int],
    batch_size: int,
    *,
    shuffle: bool = False,
    orient: bool = True,
) -> Any:
    """Return a `tf.data.Dataset` of pixels and targets for training; all files must be readable."""
    import tensorflow as tf

    def read(file: Any, target: Any) -> tuple[Any, Any]:
        return pixels_of(file, size, orient=orient)[0], target

    dataset = tf.data.Dataset.from_tensor_slices((_encoded(files), targets))
    if shuffle:  # anew in every epoch, from the seed that TensorFlow has now
        dataset = dataset.shuffle(len(files))
    return (
        dataset.map(read, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        .batch(batch_size)
        .prefetch(tf.data.AUTOTUNE)
    )


def why_unreadable(file: str, size: tuple[int, int, int]) -> str:
    """Say why the pipeline left an image out, to follow a colon."""
    import tensorflow as tf

    try:
        pixels_of(tf.constant(os.fsencode(file)), size)
    except tf.errors.OpError as error:
        # The reason stands between the names of a node and an operation.
        around = r"\{\{.*?\}\}|\[Op:.*|jpeg::Uncompress failed\."
        reason = re.sub(around, "", error.message, flags=re.DOTALL).strip().partition("\n")[0]
        return reason.rstrip(".") or type(error).__name__
    return "it could be read at the second try only"


def _jpeg_decoder(content: Any, channels: int, ratio: int) -> Any:
    import tensorflow as tf

    # This method is as accurate as Pillow, and no slower than the default.
    return lambda: tf.io.decode_jpeg(
        content, channels=channels, ratio=ratio, dct_method="INTEGER_ACCURATE"
    )


def _encoded(files: Sequence[str]) -> list[bytes]:
    """Return paths as the system encodes them, which need not be UTF-8."""
    return [os.fsencode(file) for file in files]


def _orientation(file: Any) -> npt.NDArray[np.int32]:
    return np.asarray(orientation_of(np.asarray(file).item()), np.int32)


def _turned(image: Any, noted: Any) -> Any:
    """Turn an image upright: exchange rows and columns if needed, then mirror it if needed."""
    import tensorflow as tf

    def mirrored(image: Any, numbers: tuple[int, ...], axis: int) -> Any:
        meant = tf.reduce_any(noted == numbers)
        return tf.cond(meant, lambda: tf.reverse(image, [axis]), lambda: image)

    exchanged = tf.cond(noted < TRANSPOSED, lambda: image, lambda: tf.transpose(image, (1, 0, 2)))
    return mirrored(mirrored(exchanged, (2, 3, 6, 7), 1), (3, 4, 7, 8), 0)


def _check_area(content: Any) -> None:
    """Fail on a PNG or GIF that claims more pixels than the limit."""
    import tensorflow as tf

    def area(start: int, kind: Any, little: bool) -> Any:
        count = 2 * kind.size
        sides = tf.io.decode_raw(
            tf.strings.substr(content, start, count), kind, little_endian=little
        )
        return tf.reduce_prod(tf.cast(sides[:2], tf.int64))

    def is_kind(magic: bytes) -> Any:
        return tf.strings.substr(content, 0, len(magic)) == magic

    found = tf.case(
        [
            (is_kind(b"\x89PNG"), lambda: area(16, tf.int32, False)),
            (is_kind(b"GIF8"), lambda: area(6, tf.uint16, True)),
        ],
        default=lambda: tf.constant(0, tf.int64),
    )
    tf.debugging.assert_less_equal(
        found, tf.constant(_MOST_PIXELS, tf.int64), f"It claims more than {_MOST_PIXELS:,} pixels"
    )
