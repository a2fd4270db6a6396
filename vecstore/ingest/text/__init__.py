"""Text files of vectors: lines of a key and its numbers.

In reading order:

- `parsing`: what a good line is, and what is wrong with a bad one;
- `line_blocks`: a stream cut into blocks of whole lines;
- `pipeline`: work on the blocks in other threads, in order and in bounded memory;
- `sniff`: dimension and header, from the first lines;
- `vector_lines`: the formats GloVe and word2vec text;
- `label_lines`: files with one label per line;
- `diagnosis`: what is odd about a file that cannot be read.
"""

from vecstore.ingest.text.diagnosis import is_text
from vecstore.ingest.text.parsing import is_number

__all__ = [
    "is_number",
    "is_text",
]
