#define FUZZ_TARGET "fat"
#include "fuzz.h"
