#define FUZZ_TARGET "packed"
#include "fuzz.h"
