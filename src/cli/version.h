/* version.h - our version and those of the libraries in use. */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

#include "json.h"

void version_print(FILE *f);
/* Member "versions" of the object that is open in j. */
void version_json(struct json *j);

#endif
