// Level amx once more, on emulated tiles, under a name of its own: the library has the real one.
#define VECSTORE_EMULATED_TILES "emulated_tiles.h"
#define kAmxKernels kEmulatedTiles
#include "kernels/amx.cpp"
