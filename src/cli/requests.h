/* requests.h - what a sink counted of its requests, for the summaries of extract and verify. */
#ifndef CLI_REQUESTS_H
#define CLI_REQUESTS_H

#include "img2nfs/sink.h"

#include "json.h"

/* On stdout, one line per procedure that was used. */
void requests_print(const struct i2n_sink_stats *s);

/* Member "requests" of the object that is open in j. */
void requests_json(struct json *j, const struct i2n_sink_stats *s, uint64_t total);

#endif
