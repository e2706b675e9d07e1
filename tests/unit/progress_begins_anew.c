/* Nothing of what a struct progress held before is left when it begins: it is on the stack of some of its users, and an
 * image is shown only where one is set afterwards. */
#include "cli/progress.h"
#include "t.h"

int main(void)
{
	const struct progress_opts opts = { .how = PROGRESS_JSON };
	struct i2n_progress at = { .done = { .files = 1 } };
	struct progress p;

	memset(&p, 0xf8, sizeof(p));
	progress_begin(&p, &opts);
	T_OK(!p.image && !p.has_at && !p.has_waited && !p.phases);
	progress_update(&p, &at);
	progress_end(&p);
	return t_end();
}
