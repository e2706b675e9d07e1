#define FUZZ_TARGET "ptable"
#include "fuzz.h"
