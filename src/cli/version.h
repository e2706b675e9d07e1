/* version.h - our version and those of the libraries in use. */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

#include <stdio.h>

void version_print(FILE *f);

#endif
