#include "requests.h"

#include <inttypes.h>

void requests_print(const struct i2n_sink_stats *s)
{
	/* main() finds failed writes */
	(void)puts("Requests:");
	for (unsigned i = 0; i < I2N_PROCS; i++)
		if (s->requests[i])
			(void)printf("  %-12s %8" PRIu64 "\n", i2n_proc_name((enum i2n_proc)i),
				     s->requests[i]);
}

void requests_json(struct json *j, const struct i2n_sink_stats *s, uint64_t total)
{
	json_object(j, "requests");
	json_u64(j, "total", total);
	for (unsigned i = 0; i < I2N_PROCS; i++)
		json_u64(j, i2n_proc_name((enum i2n_proc)i), s->requests[i]);
	json_end(j);
}
