/* What i2n_edit_diff() gives turns the old file into the new one in the hands of patch(1), and says
 * the same as diff -u where that has no choice. */
#include "img2nfs/edit.h"

#include "t.h"

static unsigned next(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(*seed >> 33);
}

static void save(const char *path, const char *bytes, size_t len)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(bytes, 1, len, f) != len || fclose(f))
		T_OK(!"written");
}

/* Lines out of few words, so that many are the same; sometimes without a newline at the end. */
static size_t make(char *buf, uint64_t *seed)
{
	size_t len = 0, lines = next(seed) % 30;

	while (lines--)
		len += (size_t)sprintf(buf + len, "line %u\n", next(seed) % 5);
	return len && !(next(seed) % 3) ? len - 1 : len;
}

static size_t change(const char *old, size_t len, char *buf, uint64_t *seed)
{
	size_t n = 0;

	for (size_t i = 0; i < len; ) {
		const char *nl = memchr(old + i, '\n', len - i);
		size_t k = nl ? (size_t)(nl - old) + 1 - i : len - i;
		unsigned what = next(seed) % 12;

		if (what == 1)
			n += (size_t)sprintf(buf + n, "new %u\n", next(seed) % 5);
		if (what != 2) {
			memcpy(buf + n, old + i, k);
			n += k;
		}
		i += k;
	}
	return n;
}

static void check(char *before, size_t b_len, char *after, size_t a_len)
{
	struct i2n_edit_change c = { .path = "f", .path_len = 1, .before_mode = 0100644,
				     .after_mode = 0100644, .before = { before, b_len },
				     .after = { after, a_len } };
	size_t len;
	char *diff;

	if (a_len == b_len && !memcmp(before, after, a_len))
		return;		/* a change is one */
	diff = i2n_edit_diff(&c, &len);
	save("old", before, b_len);
	save("want", after, a_len);
	save("diff", diff, len);
	T_EQ(system("patch -s -u old diff >patch.log 2>&1"), 0);
	T_EQ(system("cmp -s old want"), 0);
	free(diff);
}

int main(void)
{
	static char before[2000], after[4000];
	struct i2n_edit_change c = { .path = "etc/x", .path_len = 5, .before_mode = 0100644,
				     .after_mode = 0120777,
				     .before = { (char *)(uintptr_t)"a\n", 2 },
				     .after = { (char *)(uintptr_t)"/dev/null", 9 } };
	uint64_t seed = 7;
	size_t len;
	char *diff;

	if (system("patch --version >/dev/null 2>&1"))
		return t_skip("patch is missing");
	for (int i = 0; i < 150; i++) {
		size_t b_len = make(before, &seed), a_len = change(before, b_len, after, &seed);

		check(before, b_len, after, a_len);
	}
	/* a file becomes a link: one goes, one comes, as git has it */
	diff = i2n_edit_diff(&c, &len);
	T_STR(diff, "diff --git a/etc/x b/etc/x\ndeleted file mode 100644\n--- a/etc/x\n"
	      "+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
	      "diff --git a/etc/x b/etc/x\nnew file mode 120000\n--- /dev/null\n+++ b/etc/x\n"
	      "@@ -0,0 +1 @@\n+/dev/null\n\\ No newline at end of file\n");
	T_EQ(len, strlen(diff));
	free(diff);
	return t_end();
}
