#define FUZZ_TARGET "inode"
#include "fuzz.h"
