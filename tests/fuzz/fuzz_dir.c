#define FUZZ_TARGET "dir"
#include "fuzz.h"
