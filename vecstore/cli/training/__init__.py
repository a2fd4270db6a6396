"""``vecstore train``: commands that each train one kind of model.

============== ===================================================================
train          the group, its common options, and writing what was learned
options        options and checks that several of the commands share
words          train words: word vectors from text
categories     train categories: vectors of the categories in a table
text           train text: vectors of words and documents from labelled texts
autoencoder    train autoencoder: short codes of images, texts or any vectors
samples        what ``train autoencoder`` reads
images         train images: a classifier of images, and their vectors
============== ===================================================================
"""
