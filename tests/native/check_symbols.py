"""Each kernel object exports one data symbol, its table, and nothing that a linker may merge.

    python check_symbols.py avx2.o avx512.o scalar.o

An inline or template function compiled with AVX flags is a weak symbol: the linker keeps one copy
of it for the whole program, and if that is the AVX one, older machines crash in code that has
nothing to do with kernels. So kernel files keep everything to themselves, and this looks.

Exits with 0 if all is well, 1 with a sentence per finding, 77 (skipped) where there is no `nm`.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

SKIPPED = 77
DATA = set("DRSBG")  # initialised, read-only, other section (macOS), zero, small
WEAK = set("WwVvuC")  # weak, weak object, unique, common
# The sanitizers add bookkeeping of their own to every object.
SANITIZER = re.compile(r"_+(asan|odr_asan|ubsan|lsan|sanitizer)")


def symbols(listing: str) -> Iterator[tuple[str, str]]:
    """(type letter, name) of each line of `nm`'s output; the address may be absent."""
    for line in listing.splitlines():
        fields = line.split(maxsplit=2) if line[:1].strip() else ["", *line.split(maxsplit=1)]
        if len(fields) == 3 and len(fields[1]) == 1:
            yield fields[1], fields[2]


def findings(listing: str) -> Iterator[str]:
    """What is wrong with one object, as clauses."""
    own = [(kind, name) for kind, name in symbols(listing) if not SANITIZER.match(name)]
    for kind, name in own:
        if kind in WEAK:
            yield f"has the weak symbol {name} ({kind})"
        elif kind.isupper() and kind != "U" and kind not in DATA:
            yield f"exports {name} ({kind}), which is not data"
    tables = [name for kind, name in own if kind in DATA]
    if len(tables) != 1:
        yield f"must export one data symbol, its table; exports {', '.join(tables) or 'none'}"


def main(objects: list[str]) -> int:
    """Check every object; print the findings."""
    if not objects:
        print("check_symbols.py needs the paths of the kernel objects; got none.")
        return 1
    nm = shutil.which(os.environ.get("NM", "nm"))
    if nm is None:
        print("SKIPPED: there is no `nm` on this machine.")
        return SKIPPED
    wrong = 0
    for path in objects:
        listing = subprocess.run([nm, "-C", path], check=True, capture_output=True, text=True)
        for finding in findings(listing.stdout):
            print(f"{path} {finding}.")
            wrong += 1
    print(f"{len(objects)} kernel objects, {wrong} findings.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
