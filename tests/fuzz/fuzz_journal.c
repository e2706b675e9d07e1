#define FUZZ_TARGET "journal"
#include "fuzz.h"
