#define FUZZ_TARGET "superblock"
#include "fuzz.h"
