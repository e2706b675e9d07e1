#define FUZZ_TARGET "xattr"
#include "fuzz.h"
