/* wild.h - one pattern, against one text. See choose.h for what it may have.
 *
 * Matching follows all possibilities at a time, one character after the other, so that no pattern
 * and no name makes it try combinations. */
#ifndef CHOOSE_WILD_H
#define CHOOSE_WILD_H

#include <stdbool.h>
#include <stddef.h>

struct wild;

/* With is_literal every character stands for itself. NULL: no memory. A set that is not closed
 * matches nothing. */
struct wild *wild_new(const char *pattern, size_t len, bool is_literal);
void wild_free(struct wild *w);

enum wild_how {
	WILD_ANY_PART = 1 << 0,		/* the pattern may begin at any part of the path */
	WILD_SLASH_BEFORE = 1 << 1,	/* the text begins with one more slash */
	WILD_SLASH_BEHIND = 1 << 2,	/* and ends in one */
};

/* All of the text, to its end. */
bool wild_matches(const struct wild *w, const char *text, size_t len, unsigned how);

#endif
