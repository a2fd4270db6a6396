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
