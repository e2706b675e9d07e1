#define FUZZ_TARGET "unused"
#include "fuzz.h"
