#include "phases.h"

#include "progress.h"

static const char *const words[PHASES] = {
	[PHASE_OPEN] = "open",	     [PHASE_TREE] = "tree",	    [PHASE_CONNECT] = "connect",
	[PHASE_DIGESTS] = "digests", [PHASE_COMPARE] = "compare",   [PHASE_STORE] = "store",
	[PHASE_FINISH] = "finish",   [PHASE_MANIFEST] = "manifest", [PHASE_VERIFY] = "verify",
	[PHASE_SWAP] = "swap",	     [PHASE_BOOT] = "boot",
};

void phases_enter(struct phases *p, enum phase phase)
{
	int64_t now = progress_now_ms();

	if (!p)
		return;
	p->ms[p->now] += now - p->since_ms;
	p->now = phase;
	p->since_ms = now;
}

const char *phases_word(const struct phases *p)
{
	return p ? words[p->now] : NULL;
}

void phases_json(const struct phases *p, struct json *j)
{
	json_object(j, "phases");
	for (unsigned i = PHASE_NONE + 1; i < PHASES; i++)
		json_ms(j, words[i], (uint64_t)p->ms[i]);
	json_end(j);
}
